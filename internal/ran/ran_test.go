package ran_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/ran"
)

func TestRecord(t *testing.T) {
	folder := t.TempDir()
	root := os.DirFS(filepath.Dir(folder))
	if _, there, err := ran.Read(root, filepath.Base(folder)); there || err != nil {
		t.Errorf("there is a record (%v), or it cannot be told: %v", there, err)
	}
	want := ran.Record{"S3.8": {
		Suites: map[string]ran.Suite{"TestBlock/no block": {
			On: "the lab", Ran: 7, Left: map[string]string{"gone": "it stays"}, Without: []string{"facts"},
			Shown: map[string][]string{"S3.2": {"twice"}},
		}},
		Answered: []string{"TestLine"},
	}}
	for range 2 { // the same again
		if err := want.Write(folder); err != nil {
			t.Fatal(err)
		}
		got, there, err := ran.Read(root, filepath.Base(folder))
		if d := cmp.Diff(want, got); d != "" || !there || err != nil {
			t.Errorf("%v, %v (-want +got):\n%s", there, err, d)
		}
	}
	if err := want.Write(filepath.Join(folder, ran.Path)); err == nil {
		t.Error("a file was taken for a folder")
	}
	if _, _, err := ran.Read(fstest.MapFS{"s3/" + ran.Path: {Data: []byte("{")}}, "s3"); err == nil {
		t.Error("half a record was read")
	}
}

func TestAnswer(t *testing.T) {
	var c ran.Control
	if !c.Answer("TestB") || !c.Answer("TestA") || c.Answer("TestB") {
		t.Error("want news twice")
	}
	if d := cmp.Diff([]string{"TestA", "TestB"}, c.Answered); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
