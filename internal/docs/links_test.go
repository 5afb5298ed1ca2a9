package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/docs"
)

// manual is every page of the repository by its path.
func manual(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "dist") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		page, err := filepath.Rel(root, path)
		pages[filepath.ToSlash(page)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) < 20 { // every standard and control has one
		t.Fatalf("only %d pages were found", len(pages))
	}
	return pages
}

// TestLinksLeadSomewhere follows every relative link of every page.
func TestLinksLeadSomewhere(t *testing.T) {
	for page, text := range manual(t) {
		for _, target := range docs.Links(page, text) {
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil {
				t.Errorf("%s links to %s, which is not there", page, target)
			}
		}
	}
}

var (
	testCommand = regexp.MustCompile(`go test (?:-race )?\./([\w/]+)(?:/\.\.\.)? -run '?([\w^$|]+)`)
	testName    = regexp.MustCompile(`(?m)^func (Test\w+|Fuzz\w+)\(`)
	makeTarget  = regexp.MustCompile("`make ([a-z0-9-]+)`")
)

// TestCommandsExist makes sure that what a page says to run is there to be run.
func TestCommandsExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	tests := 0
	for page, text := range manual(t) {
		for _, found := range testCommand.FindAllStringSubmatch(text, -1) {
			for name := range strings.SplitSeq(found[2], "|") {
				tests++
				if name = strings.Trim(name, "^$"); !slices.Contains(testsIn(t, found[1]), name) {
					t.Errorf("%s: %s has no test %s", page, found[1], name)
				}
			}
		}
		for _, found := range makeTarget.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(string(makefile), "\n"+found[1]+":") {
				t.Errorf("%s: make has no %s", page, found[1])
			}
		}
	}
	if tests < 14 { // every control names its suite
		t.Errorf("only %d commands were found", tests)
	}
}

// testsIn are the tests of a package.
func testsIn(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range testName.FindAllStringSubmatch(string(text), -1) {
			out = append(out, found[1])
		}
	}
	return out
}

func TestLinks(t *testing.T) {
	text := "[a](b.md) and [c](../d/e.go#L3), ![p](p.svg), [web](https://example.org/x.md), [here](#part),\n" +
		"[mail](mailto:a@example.org), `[no](code.md)`\n\n```sh\n[no](block.md)\n```\n[f](f.md)\n"
	want := []string{"docs/b.md", "d/e.go", "docs/p.svg", "docs/f.md"}
	if d := cmp.Diff(want, docs.Links("docs/page.md", text)); d != "" {
		t.Errorf("links (-want +got):\n%s", d)
	}
}
