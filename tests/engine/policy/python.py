"""Python packages that are traps for the rules about Python, and the byte code of everything."""
import compileall
import os
import py_compile

SITE = '/usr/local/lib/python3.%d/dist-packages/' % os.sys.version_info.minor


def put(path, text):
    os.makedirs(os.path.dirname(SITE + path), exist_ok=True)
    with open(SITE + path, 'w', encoding='utf-8') as stream:
        stream.write(text)


# A package that needs its tests, as astropy does.
put('starlike/__init__.py', 'from .tests.runner import answer\n')
put('starlike/tests/__init__.py', '')
put('starlike/tests/runner.py', 'answer = 42\n')
put('starlike/tests/test_it.py', 'assert True\n')
# One that does not, though it talks of tests, and has data among its tests.
put('plain/__init__.py', '"""For tests, import tests of your own."""\n')
put('plain/tests/__init__.py', '')
put('plain/tests/test_it.py', 'assert True\n')
put('plain/tests/data/table.csv', '1,2\n')
put('plain/hints.pyi', 'x: int\n')
# One that reads its own stub when it is imported.
put('stubbed/__init__.py', 'import re\ndef attach_stub(name, file):\n'
    '    return re.findall(r"import (\\w+)", open(file + "i").read())\n'
    '__all__ = attach_stub(__name__, __file__)\n')
put('stubbed/__init__.pyi', 'from .x import thing\n')
# Modules without a source.
put('bare.py', 'word = "no source"\n')
py_compile.compile(SITE + 'bare.py', SITE + 'bare.pyc')
os.remove(SITE + 'bare.py')
put('gone.py', '')
put('__init__.py', '')
py_compile.compile(SITE + 'gone.py')
os.remove(SITE + 'gone.py')
os.remove(SITE + '__init__.py')
compileall.compile_dir(SITE, quiet=1)
