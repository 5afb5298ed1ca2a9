package docs

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// link is an inline link of Markdown; pictures look the same.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// fence is a block of code, where nothing is a link.
var fence = regexp.MustCompile("(?ms)^```.*?^```|`[^`\n]*`")

// Links returns the files that a page at path leads to, by their path in the repository. Links out into the
// web and within the page are left out.
func Links(page, text string) []string {
	var out []string
	for _, found := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		target, _, _ := strings.Cut(found[1], "#")
		if target == "" || strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
			continue
		}
		out = append(out, path.Join(path.Dir(page), target))
	}
	return out
}

// Stale returns the pages in the folders of generated pages that no page of these is.
func Stale(dir fs.FS, pages map[string]string) ([]string, error) {
	var out []string
	for _, folder := range []string{"controls", "standards"} {
		names, err := fs.Glob(dir, folder+"/*.md")
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", folder, err)
		}
		for _, name := range names {
			if _, ok := pages[name]; !ok {
				out = append(out, name)
			}
		}
	}
	return out, nil
}
