package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/salve-security/salve/internal/docs"
	"github.com/salve-security/salve/internal/proof"
)

// TestPagesSayWhatIsProven: the pages that are written by hand say of AWS what the committed reports do, and nothing
// else.
func TestPagesSayWhatIsProven(t *testing.T) {
	for name, text := range handwritten(t) {
		if got, err := sources(t).Proofs.Inscribe(text); err != nil || got != text {
			t.Errorf("%s: run `make generate`: %v", name, err)
		}
	}
}

func handwritten(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, name := range docs.Proven() {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		pages[name] = string(text)
	}
	return pages
}

// TestAReportChangesThePages: with a report of AWS every page says so that says never without one.
func TestAReportChangesThePages(t *testing.T) {
	raw, err := os.ReadFile("../proof/testdata/sample.json")
	if err != nil {
		t.Fatal(err)
	}
	s := sources(t)
	if s.Proofs, err = proof.Read(fstest.MapFS{"first.json": {Data: raw}}); err != nil {
		t.Fatal(err)
	}
	const sentence = "Proven on AWS: 2027-01-02, v1.0.0, 2 controls"
	for name, text := range handwritten(t) {
		got, err := s.Proofs.Inscribe(text)
		if err != nil || !strings.Contains(got, sentence) || strings.Contains(got, "AWS: never") {
			t.Errorf("%s: %v", name, err)
		}
	}
	pages, err := docs.Pages(s)
	if err != nil {
		t.Fatal(err)
	}
	for page, want := range map[string]string{
		"controls/README.md": sentence,
		"controls/S3.8.md":   "| AWS | 2027-01-02, v1.0.0, in eu-west-1 (aws): ",
		"controls/SQS.1.md":  "[report](../proof/first.json)",
		"controls/S3.2.md":   "| AWS | never |",
	} {
		if !strings.Contains(pages[page], want) {
			t.Errorf("%s does not say %q", page, want)
		}
	}
}
