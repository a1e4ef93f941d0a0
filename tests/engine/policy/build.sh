# A program of two sources, half built.
set -e
mkdir -p /srv/src/CMakeFiles
cd /srv/src
echo 'const char *word(void); int puts(const char *); int main(void) { puts(word()); return 0; }' >main.c
echo 'const char *word(void) { return "built"; }' >other.c
tcc -c main.c
touch CMakeFiles/progress.marks CMakeCache.txt
