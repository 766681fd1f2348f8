/**
 * What a pickle may name and what it may call. Nothing of it is ever imported or run: a name is a name, and the few
 * calls that the weights of a model need are made here, by code of our own.
 */

/**
 * Modules that reach out of a model: whoever names one is refused, before anything else is read. Left out is what people call
 * their own files (test, profile): a class of theirs is only a name here, and a call is refused in any case.
 */
const DANGEROUS_MODULES = new Set([
  'os', 'posix', 'nt', 'ntpath', 'posixpath', 'sys', 'subprocess', 'shutil', 'socket', 'socketserver', 'ssl', 'pty', 'platform',
  'importlib', 'imp', 'runpy', 'pkgutil', 'zipimport', 'code', 'codeop', 'commands', 'popen2', 'pdb', 'bdb', 'timeit',
  'ctypes', 'cffi', 'mmap', 'gc', 'inspect', 'marshal', 'pickle', 'cPickle', '_pickle', 'dill', 'cloudpickle', 'joblib', 'shelve',
  'webbrowser', 'http', 'urllib', 'urllib2', 'requests', 'httplib', 'ftplib', 'smtplib', 'telnetlib', 'xmlrpc', 'asyncio', 'aiohttp',
  'multiprocessing', 'threading', '_thread', 'concurrent', 'tempfile', 'glob', 'io', '_io', 'nturl2path', 'pip', 'setuptools', 'distutils',
  'ensurepip', 'pydoc', 'doctest', 'linecache', 'builtins', '__builtin__', '__builtins__',
]);

/** The same inside packages that are otherwise harmless. */
const DANGEROUS_PATHS = [
  'torch.hub', 'torch.load', 'torch.serialization', 'torch.jit', 'torch.package', 'torch.multiprocessing', 'torch.distributed.rpc',
  'torch.utils.cpp_extension', 'torch.utils.collect_env', 'torch.storage._load_from_bytes', 'torch._load_from_bytes', 'torch.ops',
  'torch.classes', 'numpy.load', 'numpy.f2py', 'numpy.testing', 'numpy.distutils', 'operator.attrgetter', 'operator.methodcaller',
];

/** Parts of a dotted name that lead from a harmless module to a dangerous one. */
const DANGEROUS_PARTS = new Set(['os', 'posix', 'nt', 'sys', 'subprocess', 'builtins', '__builtins__', '__builtin__', '__globals__', '__import__', 'eval', 'exec']);

/** Of Python's own names, those that only hold values; and getattr, whose calls pickle.js looks at one by one. */
const HARMLESS_BUILTINS = new Set([
  'set', 'frozenset', 'dict', 'list', 'tuple', 'int', 'float', 'complex', 'bool', 'str', 'bytes', 'bytearray', 'slice', 'range', 'xrange',
  'object', 'type', 'long', 'unicode', 'NoneType', 'Ellipsis', 'print', 'len', 'sum', 'min', 'max', 'abs',
  'getattr',
]);

/** Classes whose calls give an object that is never looked into: a checkpoint may hold its date, its best score, its options. */
const INERT_CALLS = new Set([
  'functools.partial', 'torch.device', 'torch.dtype', 'torch.Generator', 'numpy.core.multiarray.scalar', 'numpy._core.multiarray.scalar',
  'numpy.core.multiarray._reconstruct', 'numpy._core.multiarray._reconstruct', 'numpy.dtype', 'numpy.ndarray', '_codecs.encode',
  'pathlib.PosixPath', 'pathlib.WindowsPath', 'pathlib.PurePosixPath', 'pathlib.PureWindowsPath', 'pathlib.Path', 'datetime.datetime',
  'datetime.date', 'datetime.timedelta', 'collections.Counter', 'collections.deque', 'decimal.Decimal', 'uuid.UUID',
]);

/**
 * @param {string} module
 * @param {string} name
 * @returns {boolean} whether a file that only holds a model would name this
 */
export function isHarmless(module, name) {
  const path = `${module}.${name}`;
  const [root, ...parts] = path.split('.');
  if (root === 'builtins' || root === '__builtin__') return parts.length === 1 && HARMLESS_BUILTINS.has(name);
  if (DANGEROUS_MODULES.has(root) || parts.some((part) => DANGEROUS_PARTS.has(part))) return false;
  return !DANGEROUS_PATHS.some((prefix) => path === prefix || path.startsWith(`${prefix}.`));
}

/** @param {string} path such as 'functools.partial' */
export function isInertCall(path) {
  return INERT_CALLS.has(path);
}
