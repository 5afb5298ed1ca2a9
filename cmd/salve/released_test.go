package main

import (
	"bytes"
	"encoding/json"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/playbooks"
)

// listedBy runs a command of the release and reads the JSON it prints.
func listedBy(t *testing.T, into any, args ...string) {
	t.Helper()
	names, err := released()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := execute(t.Context(), clock{}, names, append(args, "-o", "json"), &stdout, &stderr); code != exitDone {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

// TestTheReleaseListsWhatItShips: scripts have a catalogue of their own, so that this is the one look at the shipped
// one.
func TestTheReleaseListsWhatItShips(t *testing.T) {
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	registry, err := controls.All(standards.Listing)
	if err != nil {
		t.Fatal(err)
	}
	var want, got, keys []string
	for _, c := range registry.All() {
		want = append(want, c.ID)
	}
	var list []controlReport
	listedBy(t, &list, "controls", "list")
	for _, c := range list {
		got = append(got, c.ID)
		if len(c.Standards) == 0 && !control.Own(c.ID) {
			t.Errorf("%s is in no standard", c.ID)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	var shipped []standardReport
	listedBy(t, &shipped, "standards")
	for _, s := range shipped {
		keys = append(keys, s.Key)
		if s.Covered > s.Controls {
			t.Errorf("%s has %d controls, %d of them with a playbook", s.Key, s.Controls, s.Covered)
		}
	}
	if d := cmp.Diff(standards.Keys(), keys); d != "" {
		t.Error(d)
	}
}

// TestTheCatalogueIsLoadedInOnePlace: commands work with the one they are given.
func TestTheCatalogueIsLoadedInOnePlace(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			if strings.Contains(i.Path.Value, "/functions/playbooks") && name != "known.go" && name != "released_test.go" {
				t.Errorf("%s imports the controls of the release", name)
			}
		}
	}
}
