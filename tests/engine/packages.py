#!/usr/bin/env python3
"""packages.py DIR|TAR: list the packages of a file system as scanners of vulnerabilities find them.

One line a finding: kind, name, version, path.  Read are the files that syft, trivy, claircore and
snyk read: databases of dpkg, apk and rpm, metadata of Python and Ruby, package.json, jars, package
archives that lie about, the release files of Java, what names the system, and copyright files.
"""
import hashlib
import json
import os
import re
import sys
import tarfile


def fields(text):
    """The paragraphs of a file in Debian's control syntax, as dictionaries."""
    for paragraph in re.split(r'\n\n+', text):
        yield dict(re.findall(r'^([A-Za-z-]+):[ \t]*(.*)$', paragraph, re.M))


def dpkg(text):
    for package in fields(text):
        if 'installed' in package.get('Status', '').split():
            yield package['Package'] + ':' + package.get('Architecture', ''), package['Version']


def apk(text):
    for paragraph in text.split('\n\n'):
        lines = dict(line.split(':', 1) for line in paragraph.splitlines() if ':' in line)
        if 'P' in lines:
            yield lines['P'], lines['V']


def python(text):
    headers = dict(re.findall(r'^(Name|Version): *(.*)$', text, re.M))
    if 'Name' in headers:
        yield headers['Name'], headers.get('Version', '')


def npm(text):
    try:
        package = json.loads(text)
    except ValueError:
        return
    if isinstance(package, dict) and package.get('name'):
        yield package['name'], package.get('version', '')


def gem(text):
    name = re.search(r'\.name\s*=\s*"(.*?)"', text)
    version = re.search(r'\.version\s*=\s*"(.*?)"', text)
    if name and version:
        yield name[1], version[1]


def digest(content):
    yield hashlib.sha256(content).hexdigest()[:16], ''


def text_of(reader):
    return lambda content: reader(content.decode('utf-8', 'replace'))


KINDS = (
    ('dpkg', r'var/lib/dpkg/(status|status\.d/[^/]+)', text_of(dpkg)),
    ('dpkg-files', r'var/lib/dpkg/info/.+', digest),
    ('apk', r'(usr/)?lib/apk/db/installed', text_of(apk)),
    ('rpm', r'(var/lib|usr/lib/sysimage|usr/share)/rpm/(Packages(\.db)?|rpmdb\.sqlite)', digest),
    ('python', r'.*\.(dist-info/METADATA|egg-info/PKG-INFO|egg-info)', text_of(python)),
    ('npm', r'(.*/)?package\.json', text_of(npm)),
    ('npm-lock', r'(.*/)?(package-lock\.json|\.package-lock\.json|yarn\.lock)', digest),
    ('gem', r'.*/specifications/.*\.gemspec', text_of(gem)),
    ('java', r'.*\.(jar|war|ear)', digest),
    ('java', r'.*/(jvm|java|jdk)[^/]*/.*/?release', digest),
    ('archive', r'.*\.(deb|rpm|apk|gem|whl)', digest),
    ('system', r'(etc|usr/lib)/(os-release|debian_version|alpine-release|lsb-release)', digest),
    ('copyright', r'usr/share/doc/[^/]+/copyright', digest),
)
RULES = [(kind, re.compile(pattern), reader) for kind, pattern, reader in KINDS]


def of_folder(root):
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, root), lambda path=path: open(path, 'rb').read()


def of_tar(name):
    """Each member, hard links as what they lead to; a tar file lists those later than the body."""
    with tarfile.open(name, encoding='utf-8', errors='surrogateescape') as tar:
        for member in tar:
            if member.isreg() or member.islnk():
                yield os.path.normpath(member.name.lstrip('/')), \
                    lambda member=member: tar.extractfile(member).read()


def findings(files):
    for path, read in files:
        for kind, pattern, reader in RULES:
            if pattern.fullmatch(path):
                for name, version in reader(read()):
                    yield kind, name, version, path


def main():
    source = sys.argv[1]
    files = of_folder(source) if os.path.isdir(source) else of_tar(source)
    for finding in sorted(findings(files)):
        print('\t'.join(finding).encode('utf-8', 'backslashreplace').decode())


main()
