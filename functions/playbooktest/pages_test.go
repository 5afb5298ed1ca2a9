package playbooktest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPagesKnowHowManyCases: a number in a text is true or it misleads.
func TestPagesKnowHowManyCases(t *testing.T) {
	cases := fmt.Sprintf("%d cases", len((&suite{}).cases()))
	for _, page := range []string{"docs/security.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", page))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), cases) {
			t.Errorf("%s does not say that there are %s", page, cases)
		}
	}
}
