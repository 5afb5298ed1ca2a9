package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPlurals: nothing that Salve prints, as far as files show it that tests compare with, says "1 findings".
func TestPlurals(t *testing.T) {
	one := regexp.MustCompile(`(?:^|[\s("'^])1 ([a-z]+s)\b`)
	verbs := []string{"is", "has", "was", "this", "as", "does", "lets"}
	read := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".venv", ".cfn-lint", "node_modules", "emulators"}, d.Name()):
			return fs.SkipDir
		case !slices.Contains([]string{".md", ".golden", ".txtar", ".txt", ".svg"}, filepath.Ext(path)):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for n, line := range strings.Split(string(text), "\n") {
			for _, found := range one.FindAllStringSubmatch(line, -1) {
				if !slices.Contains(verbs, found[1]) && !strings.HasPrefix(strings.TrimSpace(line), "ends ") {
					t.Errorf("%s:%d says %q", path, n+1, strings.TrimSpace(found[0]))
				}
			}
		}
		return nil
	})
	if err != nil || read < 100 {
		t.Errorf("%d files, %v", read, err)
	}
}
