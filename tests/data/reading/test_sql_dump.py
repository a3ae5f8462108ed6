import pytest

from assay.core.errors import DataError
from assay.data.reading.read_file import read
from assay.data.reading.sql_dump import looks_like_dump
from helpers.problems import problem
from helpers.raw_tables import fields_of, written

MADE = """-- a dump
CREATE TABLE `users` (`id` int, `name` text, PRIMARY KEY (`id`));
INSERT INTO `users` VALUES (1,'Ann'),(2,'Bo');
CREATE TABLE IF NOT EXISTS `posts` (
  `id` int unsigned NOT NULL COMMENT 'a, number)',
  `price` decimal(10,2) DEFAULT '0.00', -- of one, or
  `body` text,
  `kind` enum('a','b'),
  UNIQUE KEY `k` (`id`)
);
"""
MYSQL = (
    MADE
    + r"""INSERT INTO `posts` VALUES
(1,-2.5,'It\'s a \"test\" of it\nwith ''two'' lines; (and) more, yes','a'),
(2,NULL,_binary 'INSERT INTO x VALUES (1)','b');
INSERT INTO `posts` VALUES (3,1e3,'C:\\dir is a path',NULL);
"""
)
POSTGRES = r"""SET client_encoding = 'UTF8';
COPY public.posts (id, body, kind) FROM stdin;
1	A first text of it\nwith two lines	a
2	\N	b\\c
\.

INSERT INTO public.posts (id, body, kind) VALUES (3, 'C:\dir is ''a'' path', 'a'::text);
"""
SQLITE = r"""PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE posts(id INTEGER PRIMARY KEY, "key" text, body TEXT);
INSERT INTO posts VALUES(1,'x',replace('one line of\ntwo','\n',char(10)));
INSERT INTO "posts" VALUES(2,'y','C:\new');
COMMIT;
"""
SERVER = """USE [shop]
GO
CREATE TABLE [dbo].[posts]([id] [int] NOT NULL,[body] [nvarchar](max) NULL,
 CONSTRAINT [p] PRIMARY KEY ([id]))
GO
INSERT [dbo].[posts] ([id], [body], [at]) VALUES (1, N'one text of it', CAST(N'2024-03-01' AS Date))
INSERT [dbo].[posts] ([id], [body], [at]) VALUES (2, N'another', NULL)
"""


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            MYSQL,
            [
                {
                    "id": 1,
                    "price": -2.5,
                    "body": "It's a \"test\" of it\nwith 'two' lines; (and) more, yes",
                    "kind": "a",
                },
                {"id": 2, "price": None, "body": "INSERT INTO x VALUES (1)", "kind": "b"},
                {"id": 3, "price": 1000.0, "body": "C:\\dir is a path", "kind": None},
            ],
        ),
        (
            POSTGRES,
            [
                {"id": "1", "body": "A first text of it\nwith two lines", "kind": "a"},
                {"id": "2", "body": None, "kind": "b\\c"},
                {"id": 3, "body": "C:\\dir is 'a' path", "kind": "a"},
            ],
        ),
        (
            SQLITE,
            [
                {"id": 1, "key": "x", "body": "one line of\ntwo"},
                {"id": 2, "key": "y", "body": "C:\\new"},
            ],
        ),
        (
            SERVER,
            [
                {"id": 1, "body": "one text of it", "at": "2024-03-01"},
                {"id": 2, "body": "another", "at": None},
            ],
        ),
    ],
)
def test_the_rows_of_the_table_with_the_most_texts_are_read(tmp_path, text, rows):
    assert fields_of(written(tmp_path / "backup.sql", text)) == rows


def test_another_table_is_named_as_a_sheet_is(tmp_path):
    path = written(tmp_path / "backup.sql", MYSQL)
    assert "others: 'users'" in read(path, base=tmp_path).notes[-1]
    assert fields_of(path, part="users") == [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bo"}]
    with problem(DataError, "D080", "backup.sql#user", "'users'"):
        read(path, base=tmp_path, part="user")


def test_rows_that_fit_no_list_of_columns_have_numbered_fields(tmp_path):
    text = "INSERT INTO t (a) VALUES (1, 'b c d');\n"
    assert fields_of(written(tmp_path / "x.sql", text)) == [{"field1": 1, "field2": "b c d"}]


def test_a_dump_without_rows_says_so(tmp_path):
    with problem(DataError, "D005", "made.sql"):
        read(written(tmp_path / "made.sql", "CREATE TABLE t (a int);\n"), base=tmp_path)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Use it with care.\nINSERT INTO is a statement.\n", "a.sql"),
        ("CREATE TABLE t (a int);\nSELECT a FROM t;\n", "queries.txt"),
        ("SELECT 1;\nSELECT 2;\n", "a.sql"),
        ("How?\tINSERT INTO t VALUES (1)\n", "a.txt"),
        ("", "a.sql"),
    ],
)
def test_other_texts_are_no_dumps(text, name):
    assert not looks_like_dump(text, name)
