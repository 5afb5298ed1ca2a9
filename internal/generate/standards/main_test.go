package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestRunWritesWhatIsCheckedIn(t *testing.T) {
	target := filepath.Join(t.TempDir(), "out.json")
	if err := run(target); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../../../playbooks/standards.gen.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Error("standards.gen.json is not of the lists: run go generate ./playbooks")
	}
}

func TestRunSaysWhatItCannotWrite(t *testing.T) {
	if err := run(filepath.Join(t.TempDir(), "missing", "out.json")); err == nil {
		t.Error("a file was written into a folder that is not there")
	}
}
