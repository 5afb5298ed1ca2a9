package validate

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// documents are the runbooks of a folder below testdata by their names.
func documents(t *testing.T, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(path)] = string(content)
	}
	return out
}

func TestGoodRunbooks(t *testing.T) {
	all := documents(t, "good")
	if len(all) == 0 {
		t.Fatal("there are none")
	}
	for name, content := range all {
		for _, p := range Runbook([]byte(content)) {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// TestWrongRunbooks: each is caught by the layer whose folder it is in, which says what is wrong, and by no earlier
// one.
func TestWrongRunbooks(t *testing.T) {
	for _, layer := range []Layer{Shape, API, References} {
		all := documents(t, string(layer))
		if len(all) < 12 {
			t.Errorf("%s: only %d documents", layer, len(all))
		}
		for name, content := range all {
			first, _, _ := strings.Cut(content, "\n")
			want := strings.TrimPrefix(first, "# want: ")
			problems := Runbook([]byte(content))
			var said []string
			for _, p := range problems {
				if p.Layer != layer {
					t.Errorf("%s/%s: caught by %s: %s", layer, name, p.Layer, p)
				}
				if p.Line == 0 && p.Where != "" {
					t.Errorf("%s/%s: no line: %s", layer, name, p)
				}
				said = append(said, p.String())
			}
			if text := strings.Join(said, "\n"); !strings.Contains(text, want) {
				t.Errorf("%s/%s: want %q, got\n%s", layer, name, want, text)
			}
		}
	}
}

func TestWhatIsNoRunbook(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"empty":     {"", "want object"},
		"no YAML":   {"a: [", "no YAML or JSON"},
		"a list":    {"- a", "want object"},
		"a Command": {`{"schemaVersion":"2.2","mainSteps":[{"name":"a","action":"aws:runShellScript"}]}`, "0.3"},
		"too large": {"# " + strings.Repeat("x", MaxDocument), "more than the 65536 that AWS takes"},
	} {
		problems := Runbook([]byte(c.content))
		if len(problems) == 0 || problems[0].Layer != Shape || !strings.Contains(fmt.Sprint(problems), c.want) {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// TestNamesAreOfTheLabsBotocore: the lab runs documents with the models their names were judged by.
func TestNamesAreOfTheLabsBotocore(t *testing.T) {
	known, err := readCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := os.ReadFile("../../lab/emulators/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(pinned), "\nbotocore=="+known.Botocore+" ") {
		t.Errorf("the names are of botocore %s: run make apis", known.Botocore)
	}
}
