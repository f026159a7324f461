from generator.folders import files_in


def test_what_a_system_hides_is_not_listed(tmp_path):
    for name in ("b.png", "a.png", "._a.png", ".hidden/c.png", "deeper/d.png", "deeper/._d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in files_in(tmp_path, "*.png")] == ["a.png", "b.png"]
    names = [str(path.relative_to(tmp_path)) for path in files_in(tmp_path, "**/*")]
    assert names == ["a.png", "b.png", "deeper/d.png"]


def test_a_hidden_folder_that_was_named_is_listed(tmp_path):
    hidden = tmp_path / ".mine"
    hidden.mkdir()
    (hidden / "a.png").touch()
    assert len(list(files_in(hidden, "*"))) == 1
    assert list(files_in(tmp_path / "missing", "*")) == []
