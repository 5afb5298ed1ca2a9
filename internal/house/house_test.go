package house_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/house"
)

const (
	root   = "../.."
	module = "github.com/salve-security/salve/"
	client = "github.com/aws/aws-sdk-go-v2/service/"
)

// imports are what the packages of a tree import, by folder; tests do not count.
func imports(t *testing.T, tree string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := fs.WalkDir(os.DirFS(tree), ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && aside(entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !source(entry.Name()):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(tree, file), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder := path.Dir(file)
		out[folder] = append(out[folder], "")
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			out[folder] = append(out[folder], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, list := range out {
		slices.Sort(list)
		out[folder] = slices.Compact(list)[1:]
	}
	return out
}

// aside are folders without packages of ours.
func aside(name string) bool {
	return name == "testdata" || name != "." && strings.HasPrefix(name, ".")
}

// source are files of Go that are no tests.
func source(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}

// up are the imports of a tree that do not point down, and the folders without a floor.
func up(all map[string][]string) []string {
	var out []string
	for folder, list := range all {
		floor, known := house.Floor(folder)
		if !known {
			out = append(out, folder+" has no floor")
			continue
		}
		for _, name := range list {
			below, ours := strings.CutPrefix(name, module)
			if under, known := house.Floor(below); ours && (!known || under >= floor) {
				out = append(out, folder+" imports "+below)
			}
		}
	}
	slices.Sort(out)
	return out
}

// reached are the folders of this module that a folder needs, itself included.
func reached(all map[string][]string, folder string, seen map[string]bool) {
	if seen[folder] {
		return
	}
	seen[folder] = true
	for _, name := range all[folder] {
		if below, ours := strings.CutPrefix(name, module); ours {
			reached(all, below, seen)
		}
	}
}

// clients are the SDK clients behind a folder; packages of types are none.
func clients(all map[string][]string, folder string) []string {
	seen := map[string]bool{}
	reached(all, folder, seen)
	var out []string
	for below := range seen {
		for _, name := range all[below] {
			if service, isService := strings.CutPrefix(name, client); isService && !strings.Contains(service, "/") {
				out = append(out, below+" imports "+service)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestImportsPointDown(t *testing.T) {
	for _, arrow := range up(imports(t, root)) {
		t.Error(arrow)
	}
}

// TestNoClientBehindTheEngine: a decision is tested without AWS, and without anything that plays it.
func TestNoClientBehindTheEngine(t *testing.T) {
	all := imports(t, root)
	for _, folder := range []string{"internal/engine", "internal/gate", "internal/control", "internal/run"} {
		if len(all[folder]) == 0 {
			t.Errorf("%s is not there", folder)
		}
		for _, found := range clients(all, folder) {
			t.Errorf("behind %s: %s", folder, found)
		}
	}
}

// TestEveryRoomIsThere: a name of a folder that is gone would hold nothing.
func TestEveryRoomIsThere(t *testing.T) {
	for _, rooms := range house.Floors() {
		for _, room := range rooms {
			if _, err := os.Stat(filepath.Join(root, strings.TrimSuffix(room, "/..."))); err != nil {
				t.Errorf("%s: %v", room, err)
			}
		}
	}
}

// TestTheChecksFindWhatIsWrong: an arrow up, one on the same floor, a room without a floor, a client.
func TestTheChecksFindWhatIsWrong(t *testing.T) {
	all := map[string][]string{
		"internal/engine": {module + "internal/ledger", module + "internal/wire"},
		"internal/ledger": {client + "dynamodb", client + "dynamodb/types"},
		"internal/run":    {module + "internal/gate"},
		"attic":           nil,
	}
	want := []string{"attic has no floor", "internal/engine imports internal/wire", "internal/run imports internal/gate"}
	if got := up(all); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := clients(all, "internal/engine"); !slices.Equal(got, []string{"internal/ledger imports dynamodb"}) {
		t.Errorf("got %q", got)
	}
}
