package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// environment is a Python environment with one service in botocore.
func environment(t *testing.T, model string) string {
	t.Helper()
	venv := t.TempDir()
	packages := filepath.Join(venv, "lib", "python3.11", "site-packages")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(model)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{
		"botocore-1.2.3.dist-info/METADATA":                nil,
		"botocore/data/shelf/2020-01-01/service-2.json.gz": []byte("of before"),
		"botocore/data/shelf/2024-01-01/service-2.json.gz": packed.Bytes(),
		"botocore/data/empty/2024-01-01/paginators-1.json": nil,
		"botocore/data/endpoints.json":                     nil,
	} {
		full := filepath.Join(packages, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return venv
}

func TestNamesOfTheNewestModel(t *testing.T) {
	venv := environment(t, `{"operations":{"PutBook":{"input":{"shape":"In"}},"Count":{}},
		"shapes":{"In":{"required":["Title"],"members":{"Title":{},"Author":{}}}}}`)
	read := func() string {
		out := filepath.Join(t.TempDir(), "apis.json.gz")
		if err := run(venv, out); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	first := read()
	if first != read() {
		t.Error("the same models give other bytes")
	}
	text, err := gzip.NewReader(strings.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(text); err != nil {
		t.Fatal(err)
	}
	want := `{"botocore":"1.2.3","services":{"shelf":{"Count":"","PutBook":"Author,Title!"}}}`
	if plain.String() != want {
		t.Errorf("want %s, got %s", want, &plain)
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	if err := run(t.TempDir(), "x"); err == nil || !strings.Contains(err.Error(), "make lab-env") {
		t.Errorf("no environment: %v", err)
	}
	if err := run(environment(t, "{"), filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("half a model was read")
	}
	if err := run(environment(t, "{}"), filepath.Join(t.TempDir(), "missing", "x")); err == nil {
		t.Error("a file was written into a folder that is not there")
	}
}
