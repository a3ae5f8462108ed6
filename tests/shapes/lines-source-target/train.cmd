ls -a
tail -n 10 app.log
wc -w notes.txt
find . -name '*.py'
mkdir build
cp report.md backup/
rm -- *.tmp
who
pwd
sort -u names.txt
df -h
grep error app.log
mv draft.md final.md
head -n 5 data.csv
tar -czf src.tgz src
chmod +x run.sh
