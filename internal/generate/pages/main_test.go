package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	pages := map[string]string{"controls/S3.8.md": "new", "standards/cis.md": "same"}
	for name, text := range map[string]string{
		"controls/S3.8.md": "old", "standards/cis.md": "same", "controls/Gone.1.md": "old", "operations.md": "by hand",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	current := filepath.Join(dir, "standards/cis.md")
	before, err := os.Stat(current)
	if err != nil {
		t.Fatal(err)
	}
	if err := replace(dir, pages); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"controls/S3.8.md": "new", "standards/cis.md": "same", "operations.md": "by hand",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: want %q, got %q, %v", name, want, got, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "controls/Gone.1.md")); !os.IsNotExist(err) {
		t.Errorf("the page of a control that is gone is still there: %v", err)
	}
	after, err := os.Stat(current)
	if err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a current page was written again: %v", err)
	}
}

func TestRunNeedsTheRepository(t *testing.T) {
	if err := run(t.TempDir()); err == nil {
		t.Error("pages were written without playbooks")
	}
}
