package proof_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/salve-security/salve/internal/proof"
)

// sample is a report as AWS would give one, with a change.
func sample(t *testing.T, change func(*proof.Report)) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/sample.json")
	if err != nil {
		t.Fatal(err)
	}
	var r proof.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	change(&r)
	if raw, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestNever: without a report nothing is proven.
func TestNever(t *testing.T) {
	all, err := proof.Read(fstest.MapFS{})
	if err != nil || all.Sentence() != "Proven on AWS: never" {
		t.Errorf("%q, %v", all.Sentence(), err)
	}
	if _, ok := all.Of("S3.8"); ok {
		t.Error("S3.8 is proven")
	}
}

// TestProven: the last report is what is said of all, and each control has its own last.
func TestProven(t *testing.T) {
	all, err := proof.Read(fstest.MapFS{
		"b.json": {Data: sample(t, func(*proof.Report) {})},
		"a.json": {Data: sample(t, func(r *proof.Report) {
			r.Day, r.Program, r.Controls = "2027-02-03", "v1.1.0", r.Controls[:1]
		})},
		"README.md": {Data: []byte("no report")},
	})
	if err != nil || all.Sentence() != "Proven on AWS: 2027-02-03, v1.1.0, 1 control" {
		t.Fatalf("%q, %v", all.Sentence(), err)
	}
	for control, want := range map[string]string{"S3.8": "a.json", "SQS.1": "b.json"} {
		if p, ok := all.Of(control); !ok || p.File != want {
			t.Errorf("%s: %s", control, p.File)
		}
	}
	if text := all[:1].Sentence(); text != "Proven on AWS: 2027-01-02, v1.0.0, 2 controls" {
		t.Error(text)
	}
}

// TestNoProof: what is no report of AWS, whole and well, is refused by its name.
func TestNoProof(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*proof.Report)
		want   string
	}{
		"a lab's":           {func(r *proof.Report) { r.Emulated = true }, "of a lab"},
		"not ok":            {func(r *proof.Report) { r.OK = false }, "not every step"},
		"a step":            {func(r *proof.Report) { r.Controls[1].Steps[1].OK = false }, "not every step"},
		"the deployment":    {func(r *proof.Report) { r.Steps[2].OK = false }, "not every step"},
		"nothing ran":       {func(r *proof.Report) { r.Controls = nil }, "not every step"},
		"kept":              {func(r *proof.Report) { r.Controls[0].Steps = r.Controls[0].Steps[:4] }, "verify, undo, not"},
		"no session policy": {func(r *proof.Report) { r.Controls[0].Packed = nil }, "without the policy"},
		"no day":            {func(r *proof.Report) { r.Day = "soon" }, "when, where"},
		"no Region":         {func(r *proof.Report) { r.Region = "" }, "when, where"},
		"no partition":      {func(r *proof.Report) { r.Partition = "emulated" }, "when, where"},
		"no version":        {func(r *proof.Report) { r.Program = "" }, "of which version"},
		"built by hand":     {func(r *proof.Report) { r.Program, r.Revision = "(devel)", "unknown" }, "of which version"},
		"another form":      {func(r *proof.Report) { r.Version = 2 }, "version is 2"},
		"an account":        {func(r *proof.Report) { r.Revision = "222222222222" }, "id of an account"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := proof.Read(fstest.MapFS{"x.json": {Data: sample(t, tc.change)}})
			if err == nil || !strings.Contains(err.Error(), "docs/proof/x.json is no proof") ||
				!strings.Contains(err.Error(), tc.want) {
				t.Error(err)
			}
		})
	}
	for _, raw := range []string{"no JSON", `{"version": 1, "verdict": "fine"}`} {
		if _, err := proof.Read(fstest.MapFS{"x.json": {Data: []byte(raw)}}); err == nil {
			t.Errorf("%s was taken", raw)
		}
	}
}

// TestInscribe: every place of a page is written, and a page without one is an error.
func TestInscribe(t *testing.T) {
	const begin, end = "<!-- proof: make generate writes it -->", "<!-- end of proof -->"
	got, err := proof.Proofs{}.Inscribe("a " + begin + "old" + end + " b\n" + begin + end)
	want := "a " + begin + "Proven on AWS: never" + end + " b\n" + begin + "Proven on AWS: never" + end
	if err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	for _, page := range []string{"nothing", begin + "not closed"} {
		if _, err := (proof.Proofs{}).Inscribe(page); err == nil {
			t.Errorf("%q was taken", page)
		}
	}
}

// TestScrubbed: neither a text nor a report gives an account away.
func TestScrubbed(t *testing.T) {
	got := proof.Scrubbed("arn:aws:iam::222222222222:role/x of 333333333333")
	if got != "arn:aws:iam::ACCOUNT:role/x of ACCOUNT" {
		t.Error(got)
	}
	if got := proof.Masked("123456789012"); got != "********9012" {
		t.Error(got)
	}
}
