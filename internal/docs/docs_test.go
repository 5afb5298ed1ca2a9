package docs_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/docs"
	"github.com/salve-security/salve/internal/proof"
	"github.com/salve-security/salve/playbooks"
)

const root = "../.."

// sources is what the repository's own pages are written from.
func sources(t *testing.T) docs.Sources {
	t.Helper()
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	registry, err := controls.All(standards.Listing)
	if err != nil {
		t.Fatal(err)
	}
	court, err := docs.ReadCourt(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := proof.Read(os.DirFS(filepath.Join(root, "docs", proof.Folder)))
	if err != nil {
		t.Fatal(err)
	}
	return docs.Sources{
		Proofs:   proofs,
		Controls: registry, Standards: standards, Playbooks: os.DirFS(filepath.Join(root, "functions", "playbooks")),
		Lists: os.DirFS(filepath.Join(root, "playbooks")), Court: court,
	}
}

func TestPagesAreCurrent(t *testing.T) {
	pages, err := docs.Pages(sources(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := os.DirFS(filepath.Join(root, "docs"))
	current(t, dir, pages)
	stale, err := docs.Stale(dir, pages)
	if err != nil || len(stale) > 0 {
		t.Errorf("run `make generate`: pages of nothing %v, %v", stale, err)
	}
}

// TestPagesKnowHowManyControls: a number in a text is true or it misleads.
func TestPagesKnowHowManyControls(t *testing.T) {
	listed := 0
	for _, c := range sources(t).Controls.All() {
		if !control.Own(c.ID) {
			listed++
		}
	}
	for page, text := range map[string]string{
		"README.md": "[%d controls](docs/controls/README.md)", "docs/compare.md": "| controls | [%d](controls/README.md) |",
	} {
		content, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(text, listed); !strings.Contains(string(content), want) {
			t.Errorf("%s does not say %s", page, want)
		}
	}
}

func TestFoldersAreCurrent(t *testing.T) {
	s := sources(t)
	pages, err := docs.Folders(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != len(playbooks.Sources()) {
		t.Errorf("%d folders of lists are loaded, %d have a page", len(playbooks.Sources()), len(pages))
	}
	current(t, s.Lists, pages)
}

func TestFoldersWithoutListsAreNamed(t *testing.T) {
	s := sources(t)
	s.Lists = fstest.MapFS{"hipaa/hipaa.go": {}}
	if _, err := docs.Folders(s); err == nil || !strings.Contains(err.Error(), "playbooks/hipaa") {
		t.Errorf("got %v", err)
	}
}

// current holds that a folder has these pages, word by word.
func current(t *testing.T, dir fs.FS, pages map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		got, err := fs.ReadFile(dir, name)
		if err != nil {
			t.Errorf("run `make generate`: %v", err)
			continue
		}
		if d := cmp.Diff(pages[name], string(got)); d != "" {
			t.Errorf("%s: run `make generate` (-want +got):\n%s", name, d)
		}
	}
}

// A control whose suite is not found would be said to have run nowhere.
func TestEveryControlHasItsSuite(t *testing.T) {
	s := sources(t)
	pages, err := docs.Pages(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Controls.All() {
		page := pages["controls/"+c.ID+".md"]
		if !strings.Contains(page, "| lab (emulators that enforce IAM) | the suite of all controls") {
			t.Errorf("%s: no test found that runs the suite on it", c.ID)
		}
	}
}

// tiny is a registry of one control in a made up service, with its source and tests, and of a playbook of
// Salve's own.
// declared is a control for its declaration alone.
func declared(info control.Info) control.Control {
	type thing struct{ On bool }
	return control.Of[thing]{
		Info:  info,
		Read:  func(context.Context, control.Env) (thing, error) { return thing{}, nil },
		Want:  func(now thing, _ control.Env) (thing, error) { return now, nil },
		Write: func(context.Context, control.Env, thing, thing) error { return nil },
	}.Control()
}

func tiny(t *testing.T) docs.Sources {
	t.Helper()
	s := sources(t)
	c := declared(control.Info{
		ID: "S3.8", Title: "Things | others", Resources: []string{"AwsThing", "Other"}, Effect: "It is on.",
		Fails: control.Fails{When: "It is | off.", Rule: "thing-on"}, Severity: "LOW",
		Impact:  control.ImpactDestructive,
		Pattern: regexp.MustCompile(`^arn:aws[a-z-]*:s3:[a-z0-9-]+:\d{12}:thing/([a-z]{2,9})(?::[0-9]+)?$`),
		Actions: []string{"s3:PutThing", "s3:GetThing"}, UndoActions: []string{"s3:DeleteThing"},
		OneWay: map[string]string{"Key": "it is secret"},
		Params: []control.Param{
			{Name: "days", Meaning: "Days.", Default: 7, Min: 1, Max: 9},
			{Name: "key", Meaning: "Key.", Default: "", Pattern: regexp.MustCompile(`^k|$`)},
			{Name: "mail", Meaning: "Mail.", Default: "", Pattern: regexp.MustCompile(`^m|$`), Form: "an address"},
		},
		Waits:  map[string]control.Wait{"Seals/*": {For: "somebody to break", Within: 24 * 3600e9}},
		Settle: control.Settle{Typical: 90e9, Within: 300e9},
		Narrow: func(env control.Env) []string { return []string{env.Target.Resource, env.Target.Resource + ":*"} },
		Lock: func(env control.Env) []string {
			return []string{env.Target.Resource[:strings.LastIndex(env.Target.Resource, ":")]}
		},
	})
	ours := declared(control.Info{
		ID: "Salve.ShutThing", Title: "Shuts things", Resources: []string{"AwsThing"}, Effect: "It is shut.",
		Severity: "HIGH", Impact: control.ImpactInterrupts, Pattern: regexp.MustCompile(`^arn:aws:s3:::([a-z]+)$`),
		Actions: []string{"s3:PutThing"},
	})
	var err error
	if s.Controls, err = control.NewRegistry(nil, c, ours); err != nil {
		t.Fatal(err)
	}
	s.Playbooks = os.DirFS("testdata/playbooks")
	return s
}

// TestPageOfWhatLasts: nobody is offered an undo that takes nothing back.
func TestPageOfWhatLasts(t *testing.T) {
	s := tiny(t)
	c, _ := s.Controls.Get("S3.8")
	c.OneWay = map[string]string{control.Everything: "it is | gone"}
	c.Settle.Within = 14 * 3600e9
	var err error
	if s.Controls, err = control.NewRegistry(nil, c); err != nil {
		t.Fatal(err)
	}
	pages, err := docs.Pages(s)
	if err != nil {
		t.Fatal(err)
	}
	page := pages["controls/S3.8.md"]
	if !strings.Contains(page, "| undo | none: it is \\| gone |") || !strings.Contains(page, "at most after 14 hours;") {
		t.Errorf("the page does not say that nothing is taken back, or when it is too late:\n%s", page)
	}
	for _, offer := range []string{"salve undo", "What undo leaves", "that of an undo"} {
		if strings.Contains(page, offer) {
			t.Errorf("the page says %q:\n%s", offer, page)
		}
	}
}

// TestPageOfWhatDecidesRights: nobody is told to let it act by itself.
func TestPageOfWhatDecidesRights(t *testing.T) {
	s := tiny(t)
	c, _ := s.Controls.Get("S3.8")
	c.Identities = true
	var err error
	if s.Controls, err = control.NewRegistry(nil, c); err != nil {
		t.Fatal(err)
	}
	pages, err := docs.Pages(s)
	if err != nil {
		t.Fatal(err)
	}
	page := pages["controls/S3.8.md"]
	if !strings.Contains(page, "it has no mode auto") || strings.Contains(page, "salve enable") {
		t.Errorf("the page says:\n%s", page)
	}
}

func TestControlPage(t *testing.T) {
	pages, err := docs.Pages(tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	page := pages["controls/S3.8.md"]
	for _, want := range []string{
		"# S3.8: Things | others\n",
		"| impact | destructive |",
		"only ask, even in mode auto",
		"| resource | `AwsThing`, `Other` |\n| fails when | It is \\| off. |\n" +
			"| decided by | AWS Config rule [thing-on]" +
			"(https://docs.aws.amazon.com/config/latest/developerguide/thing-on.html) |",
		"| undo | all but the parts below |",
		"| `Key` | it is secret |",
		"| proof of the fix | mostly after 90 seconds, at most after 5 minutes;",
		"; within 1 day where it takes somebody to break NAME, which the plan shows as `Seals.NAME` |",
		"| `key` | Key. | `\"\"` | a text that matches `^k\\|$` |",
		"| `mail` | Mail. | `\"\"` | an address |",
		"| runs exclude each other on | the resource without its qualifier |",
		"| `days` | Days. | `7` | a whole number, 1 to 9 |",
		"| reads with | `s3:GetThing` |\n| changes with | `s3:PutThing` |\n| takes back with, besides | `s3:DeleteThing` |",
		"\"RESOURCE\",\n        \"RESOURCE:*\"",
		"\"aws:RequestedRegion\": \"REGION\"",
		"[thing.go](../../functions/playbooks/things/thing.go)",
		"`go test ./functions/playbooks/things -run '^TestThing$'`",
		"for what the lab cannot do: [more_test.go](../../functions/playbooks/things/more_test.go), " +
			"[thing_test.go](../../functions/playbooks/things/thing_test.go)",
		"- *gone*: never goes\n",
		"- *undo after somebody changed it is refused*: two values\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "somebody else's") {
		t.Error("the page tells of a test of another control")
	}
	index := pages["controls/README.md"]
	if want := `| [S3.8](S3.8.md) | Things \| others | LOW | destructive | partly |`; !strings.Contains(index, want) {
		t.Errorf("the index lacks %q:\n%s", want, index)
	}
}

// TestPageOfSalvesOwn: AWS knows nothing about it, and no finding starts it.
func TestPageOfSalvesOwn(t *testing.T) {
	pages, err := docs.Pages(tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	page := pages["controls/Salve.ShutThing.md"]
	for _, want := range []string{
		"# Salve.ShutThing: Shuts things\n", "playbook of Salve's own", "No finding starts it.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	for _, not := range []string{
		"fails when", "decided by", "docs.aws.amazon.com", "presses *Remediate*", "salve enable",
	} {
		if strings.Contains(page, not) {
			t.Errorf("the page says %q:\n%s", not, page)
		}
	}
	index := pages["controls/README.md"]
	listed, ours, apart := strings.Cut(index, "## Salve's own")
	if !apart || strings.Contains(listed, "Salve.ShutThing") || !strings.Contains(listed, "1 controls.") ||
		!strings.Contains(ours, "| [Salve.ShutThing](Salve.ShutThing.md) | Shuts things | HIGH | interrupts | yes |") {
		t.Errorf("the index does not keep it apart:\n%s", index)
	}
}

func TestStandardPage(t *testing.T) {
	pages, err := docs.Pages(tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	page := pages["standards/cis-1.4.0.md"]
	for _, want := range []string{
		"1 of 39 controls have a playbook (2 %)",
		"| 2.1.5 | S3.8 | HIGH | S3 general purpose buckets should block public access | [yes](../controls/S3.8.md) |",
		"| 1.4 | IAM.4 | CRITICAL | IAM root user access key should not exist | no playbook |",
		"No longer reported",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}
