"""Import every module that is installed; say how each went, what metadata says, and whether byte
code fits its source.  Modules of tests are left out: rules may take them."""
import importlib
import importlib.metadata
import os
import pkgutil
import struct
import sys
import sysconfig
import warnings

# Modules that open a browser or a window, write a text at import, or are tests by another name.
LEFT_OUT = {'antigravity', 'this', 'idlelib', 'turtledemo', 'turtle', '__main__'}
PARTS_LEFT_OUT = {'tests', 'test', 'testing', '__main__', 'conftest', 'idle_test'}


def visit(name, out):
    if PARTS_LEFT_OUT & set(name.split('.')):
        return
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        print(name, type(error).__name__, file=out)
        return
    print(name, 'ok', file=out)
    for found in pkgutil.iter_modules(getattr(module, '__path__', ()), name + '.'):
        visit(found.name, out)


def imports():
    names = {module.name for module in pkgutil.iter_modules() if not module.name.startswith('_')}
    names |= {name for name in sys.stdlib_module_names if not name.startswith('_')}
    for name in sorted(names - LEFT_OUT):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            # Whatever the modules say or do to this process, the list goes on.
            with os.fdopen(os.dup(1), 'w') as out:
                sys.stdin = sys.stdout = sys.stderr = open(os.devnull, 'r+', encoding='utf-8')
                visit(name, out)
            os._exit(0)
        os.waitpid(child, 0)


def metadata():
    for dist in sorted(importlib.metadata.distributions(), key=lambda dist: dist.metadata['Name']):
        print(dist.metadata['Name'], dist.version, len(dist.entry_points))
    print(len(sysconfig.get_config_vars()), 'variables')


def bytecode():
    """A .pyc whose note of its source's time or size is wrong is compiled anew at each import."""
    for folder, _, names in os.walk('/usr'):
        if os.path.basename(folder) != '__pycache__':
            continue
        for name in names:
            source = os.path.join(os.path.dirname(folder), name.split('.')[0] + '.py')
            with open(os.path.join(folder, name), 'rb') as stream:
                flags, time, size = struct.unpack('<4xIII', stream.read(16))
            if flags == 0 and os.path.exists(source):
                status = os.stat(source)
                if (time, size) != (int(status.st_mtime), status.st_size):
                    print('stale:', folder, name)


warnings.simplefilter('ignore')
metadata()
bytecode()
imports()
