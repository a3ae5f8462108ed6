from assay.data.html_markup import plain


def test_tags_become_what_a_reader_sees(subtests):
    for text, seen in [
        ("<p>Dear <b>Ann</b>,</p><p>hello</p>", "\nDear Ann,\n\nhello\n"),
        ("one<br>two<br/>three<BR />four", "one\ntwo\nthree\nfour"),
        ("<ul><li>milk</li><li>eggs</li></ul>", "\n\n- milk\n\n- eggs\n\n"),
        ("<tr><td>a</td><td>b</td></tr>", "\na\tb\t\n"),
        ('<a href="https://a.example/?x=1&y=2" target=_blank>link</a>', "link"),
        ("<script>if (a < b) { go() }</script>seen<style>p { color: red }</style>", "seen"),
        ("a<!-- hidden --> b", "a b"),
        ("<!DOCTYPE html><html><body>x</body></html>", "\n\nx\n\n"),
        ("Tom &amp; Ann &#39;99 &euro;5 &#x41;", "Tom & Ann '99 €5 A"),
        ("write &lt;b&gt; for bold", "write <b> for bold"),
        ('<input type="checkbox" checked disabled> yes', " yes"),
    ]:
        with subtests.test(repr((text, seen))):
            assert plain(text) == seen


def test_what_is_no_tag_stays(subtests):
    for text in [
        "if a < b and c > d",
        "x <y and z> w",
        "a<b && c>d",
        "List<String> names",
        "Map<String, List<Integer>>",
        "#include <stdio.h>",
        "Ann <ann@example.org> wrote",
        "<name>, your order",
        "<3 love it >_<",
        "i<p and p>q",
        "for (i = 0; i <n; i++)",
        "AT&T, R&D;, fish & chips",
        "",
    ]:
        with subtests.test(repr(text)):
            assert plain(text) == text
