package main

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/release"
)

// hello is a small program of this module: how a release is put together does not depend on what it does.
const hello = "github.com/salve-security/salve/internal/release/testdata/hello"

// small is a release of a small program, for this machine and another one.
func small() recipe {
	return recipe{
		functions: []function{{"salve-orchestrator", hello}}, architectures: []string{runtime.GOARCH}, commandLine: hello,
		platforms: []release.Platform{{OS: "linux", Arch: runtime.GOARCH}, {OS: "darwin", Arch: "arm64"}},
		version:   "v9.8.7-test", license: filepath.Join("..", "..", "..", "LICENSE"),
	}
}

// written is the release in a folder, by name.
func written(t *testing.T, r recipe) map[string][]byte {
	t.Helper()
	folder := t.TempDir()
	if err := r.write(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		if files[entry.Name()], err = os.ReadFile(filepath.Join(folder, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// looked is what the check says of files; their sums are renewed where nobody says them.
func looked(t *testing.T, r recipe, files map[string][]byte) string {
	t.Helper()
	folder := t.TempDir()
	if err := release.Write(folder, files); err != nil {
		t.Fatal(err)
	}
	if sums, ok := files["SHA256SUMS"]; ok {
		if err := os.WriteFile(filepath.Join(folder, "SHA256SUMS"), sums, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.check(t.Context(), folder); err != nil {
		return err.Error()
	}
	return ""
}

// TestRelease: one that is whole passes, and each thing that can be wrong with it is seen, with right checksums too.
func TestRelease(t *testing.T) {
	r := small()
	good := written(t, r)
	if said := looked(t, r, good); said != "" {
		t.Fatal(said)
	}
	linux, darwin := commandLineName(r.platforms[0]), commandLineName(r.platforms[1])
	packed := func(files ...release.File) []byte {
		archive, err := release.Tar(files)
		if err != nil {
			t.Fatal(err)
		}
		return archive
	}
	inside, err := untar(good[linux+".tar.gz"])
	if err != nil {
		t.Fatal(err)
	}
	program, license := inside[0], inside[1]
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	archive, list := linux+".tar.gz", linux+".cdx.json"
	for name, tc := range map[string]struct {
		file    string
		content []byte // nil takes the file away
		want    string
	}{
		"a file is missing":        {"member.yaml", nil, "member.yaml is missing"},
		"a file too many":          {"notes.txt", []byte("x"), "notes.txt is no part of it"},
		"another template":         {"hub.yaml", []byte("x"), "hub.yaml is not the template"},
		"sums of something else":   {"SHA256SUMS", []byte("x"), "SHA256SUMS is not about"},
		"for another platform":     {archive, good[darwin+".tar.gz"], `GOOS "darwin", not "linux"`},
		"no archive":               {archive, []byte("x"), "unpack"},
		"no zip":                   {"salve-orchestrator-" + runtime.GOARCH + ".zip", []byte("x"), "not a valid zip"},
		"not to be run":            {archive, packed(release.File{Name: "salve"}, license), "does not hold"},
		"out of the folder":        {archive, packed(release.File{Name: "../salve"}), "no ordinary file"},
		"other modules":            {modulesFile, packed(license), "does not hold the modules"},
		"the list of another":      {list, []byte("{}"), "not of this version"},
		"tells where it was built": {archive, packed(telling(program, here), license), "the sources on this"},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(good)
			delete(files, "SHA256SUMS")
			if files[tc.file] = tc.content; tc.content == nil {
				delete(files, tc.file)
			}
			if said := looked(t, r, files); !strings.Contains(said, tc.want) {
				t.Errorf("said %q, want something about %q", said, tc.want)
			}
		})
	}
}

// telling is a program with a text behind it, as a compiler would leave one.
func telling(f release.File, text string) release.File {
	f.Content = append(append([]byte{}, f.Content...), text...)
	return f
}

// TestSameRelease: the same sources make the same release, all of it; and a program that was stamped as another version
// is seen, in its bytes and where it runs.
func TestSameRelease(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the programs of this test run on Linux only")
	}
	r := small()
	r.platforms = r.platforms[:1]
	files := written(t, r)
	if again := written(t, r); string(files["SHA256SUMS"]) != string(again["SHA256SUMS"]) {
		t.Errorf("%s\nand\n%s", files["SHA256SUMS"], again["SHA256SUMS"])
	}
	delete(files, "SHA256SUMS")
	r.version = "v9.8.8"
	if said := looked(t, r, files); !strings.Contains(said, "the version v9.8.8 is not in it") {
		t.Errorf("said %q", said)
	}
	program, err := untar(files[commandLineName(r.platforms[0])+".tar.gz"])
	if err != nil {
		t.Fatal(err)
	}
	if err := r.saysItsVersion(t.Context(), program[0].Content); err == nil {
		t.Error("a program says another version, and nobody minds")
	}
}

// TestThePageNamesWhatThereIs: docs/get.md has a line for each archive, and for no other.
func TestThePageNamesWhatThereIs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "get.md"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(page), "| `salve-"); n != len(release.Platforms()) {
		t.Errorf("the page lists %d archives, there are %d", n, len(release.Platforms()))
	}
	for _, platform := range release.Platforms() {
		if name := commandLineName(platform) + ".tar.gz"; !strings.Contains(string(page), "| `"+name+"` |") {
			t.Errorf("the page does not list %s", name)
		}
	}
}
