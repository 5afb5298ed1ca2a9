package playbooks_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/playbooks"
)

func load(t testing.TB) *playbooks.Standards {
	t.Helper()
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	return standards
}

func TestGeneratedIndexIsOfTheLists(t *testing.T) {
	list, err := playbooks.Read(playbooks.Sources()...)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile("standards.gen.json")
	if err != nil {
		t.Fatal(err)
	}
	var generated []playbooks.Standard
	if err := json.Unmarshal(content, &generated); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(list, generated); diff != "" {
		t.Errorf("run go generate ./playbooks (-yaml +json):\n%s", diff)
	}
}

func TestEveryStandardIsWhole(t *testing.T) {
	standards := load(t)
	want := map[string]int{
		"fsbp-1.0.0": 376, "cis-1.2.0": 42, "cis-1.4.0": 39, "cis-3.0.0": 37, "cis-5.0.0": 40,
		"pci-3.2.1": 44, "pci-4.0.1": 142, "nist-800-53-r5": 298, "aws-resource-tagging-1.0.0": 5,
	}
	got := map[string]int{}
	for _, key := range standards.Keys() {
		standard, _ := standards.Standard(key)
		got[key] = len(standard.Controls)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("controls per standard (-want +got):\n%s", diff)
	}
}

// Every id of every list leads back to its control, by each of the standard's names and in any case.
func TestEveryIDResolves(t *testing.T) {
	standards := load(t)
	for _, key := range standards.Keys() {
		standard, _ := standards.Standard(key)
		for _, entry := range append(standard.Controls, standard.Retired...) {
			for _, id := range append([]string{entry.ID}, entry.Alternates...) {
				for _, name := range []string{key, standard.Slug, strings.ToUpper(standard.StandardsID)} {
					if !contains(standards.Resolve(name, strings.ToUpper(id)), entry.Control) {
						t.Errorf("%s %s does not resolve to %s", name, id, entry.Control)
					}
				}
			}
			if canonical, ok := standards.Canonical(strings.ToLower(entry.Control)); !ok || canonical != entry.Control {
				t.Errorf("Canonical(%s) = %q, %v", entry.Control, canonical, ok)
			}
		}
	}
}

func contains(list []string, item string) bool {
	for _, each := range list {
		if each == item {
			return true
		}
	}
	return false
}

func TestResolve(t *testing.T) {
	standards := load(t)
	tests := map[string]struct {
		standard, id string
		want         []string
	}{
		"numbers differ between PCI and the control": {"pci-3.2.1", "PCI.EC2.5", []string{"EC2.13"}},
		"two controls, one requirement":              {"cis-5.0.0", "2.1.4", []string{"S3.1", "S3.8"}},
		"an alternate with a fourth part":            {"cis-1.4.0", "2.1.5.2", []string{"S3.8"}},
		"CIS 1.2 by slug": {
			"cis-aws-foundations-benchmark/v/1.2.0", "2.7", []string{"CloudTrail.2"},
		},
		"one control, two rules":   {"cis-1.2.0", "1.1", []string{"CloudWatch.1"}},
		"an old name of FSBP":      {"fsbp-1.0.0", "elbv2.1", []string{"ELB.1"}},
		"odd capitals":             {"fsbp-1.0.0", "AUTOSCALING.5", []string{"Autoscaling.5"}},
		"retired":                  {"cis-1.4.0", "2.1.1", []string{"S3.4"}},
		"an id of another version": {"cis-1.2.0", "2.1.4", nil},
		"an id no list knows":      {"fsbp-1.0.0", "S3.999", nil},
		"a standard no list knows": {"nist-800-171/v/2.0.0", "S3.8", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, standards.Resolve(test.standard, test.id)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestControl(t *testing.T) {
	standards := load(t)
	got, ok := standards.Control("s3.4")
	want := playbooks.Control{
		ID: "S3.4", Title: "S3 buckets should have server-side encryption enabled", Severity: "MEDIUM", Retired: true,
		Resources: []string{"AwsS3Bucket"},
		Names: []playbooks.Membership{
			{Standard: "fsbp-1.0.0", ID: "S3.4", Retired: true},
			{Standard: "cis-1.4.0", ID: "2.1.1", Retired: true},
			{Standard: "pci-3.2.1", ID: "PCI.S3.4", Retired: true},
			{Standard: "nist-800-53-r5", ID: "S3.4", Retired: true},
		},
	}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("S3.4 (-want +got):\n%s", diff)
	}
	if _, ok := standards.Control("S3.999"); ok {
		t.Error("S3.999 is known")
	}
	if _, ok := standards.Canonical("S3.999"); ok {
		t.Error("S3.999 has a canonical spelling")
	}
	if _, ok := standards.Key("cis-9.9.9"); ok {
		t.Error("cis-9.9.9 has a key")
	}
}

// Who changes an answer must not change the catalogue.
func TestAnswersAreCopies(t *testing.T) {
	standards := load(t)
	control, _ := standards.Control("S3.8")
	control.Names[0].ID = "changed"
	standards.Resolve("cis-5.0.0", "2.1.4")[0] = "changed"
	standards.ControlIDs()[0] = "changed"
	control.Resources[0] = "changed"
	again, _ := standards.Control("S3.8")
	if again.Resources[0] == "changed" || again.Names[0].ID == "changed" ||
		standards.Resolve("cis-5.0.0", "2.1.4")[0] == "changed" ||
		standards.ControlIDs()[0] == "changed" {
		t.Error("an answer shares memory with the catalogue")
	}
}

func TestControlsAreOrderedByNumber(t *testing.T) {
	if playbooks.CompareControls("S3.2", "S3.10") >= 0 || playbooks.CompareControls("acm.1", "S3.1") >= 0 ||
		playbooks.CompareControls("S3.x", "S3.1") >= 0 || playbooks.CompareControls("S3.8", "S3.8") != 0 {
		t.Error("controls are out of order")
	}
	ids := load(t).ControlIDs()
	if ids[0] != "Account.1" || ids[2] != "ACM.1" {
		t.Errorf("the list starts with %v", ids[:3])
	}
}

func TestReadRefuses(t *testing.T) {
	tests := map[string]struct{ content, want string }{
		"a field it does not know": {"key: x\ncolour: red\n", `unknown field "colour"`},
		"a key given twice":        {"key: x\nkey: y\n", "already defined"},
		"what is no YAML":          {"key: [", "parse standard a.yaml"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := playbooks.Read(fstest.MapFS{"a.yaml": {Data: []byte(test.content)}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if _, err := playbooks.Read(fstest.MapFS{"a.yaml/b": {}}); err == nil {
		t.Error("a folder was read as a file")
	}
}

func valid() playbooks.Standard {
	const slug = "example/v/1.0.0"
	return playbooks.Standard{
		Key: "ex-1.0.0", Name: "Example", Version: "1.0.0", Slug: slug, StandardsID: "standards/" + slug,
		StandardsARN: "arn:aws:securityhub:{region}::standards/" + slug, GeneratorID: slug + "/{id}",
		Controls: []playbooks.Entry{{ID: "1.1", Control: "S3.1", Severity: "LOW", Title: "A title"}},
	}
}

func TestNewRefuses(t *testing.T) {
	row := playbooks.Entry{ID: "1.2", Control: "S3.2", Severity: "LOW", Title: "A title"}
	tests := map[string]struct {
		change func(*playbooks.Standard)
		want   string
	}{
		"no controls":          {func(s *playbooks.Standard) { s.Controls = nil }, "are needed"},
		"version and slug":     {func(s *playbooks.Standard) { s.Version = "2.0.0" }, "is not of version"},
		"a foreign ARN":        {func(s *playbooks.Standard) { s.StandardsARN = "arn:aws:x" }, "contain the slug"},
		"generator without id": {func(s *playbooks.Standard) { s.GeneratorID = s.Slug }, "must end in /{id}"},
		"a control's shape":    {func(s *playbooks.Standard) { s.Controls[0].Control = "S3" }, "a control, a severity"},
		"a type's shape": {func(s *playbooks.Standard) {
			s.Controls[0].Resource = playbooks.Texts{"Bucket"}
		}, "shape of a resource"},
		"an id of Salve's own":   {func(s *playbooks.Standard) { s.Controls[0].Control = "Salve.1" }, "in no standard"},
		"an id's shape":          {func(s *playbooks.Standard) { s.Controls[0].ID = "one" }, "shape of an id"},
		"an alternate repeated":  {func(s *playbooks.Standard) { s.Controls[0].Alternates = []string{"1.1"} }, "twice"},
		"a control listed twice": {func(s *playbooks.Standard) { s.Retired = s.Controls }, "listed twice"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			standard := valid()
			test.change(&standard)
			_, err := playbooks.New([]playbooks.Standard{standard})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	first, second := valid(), valid()
	second.Key = "ex-2.0.0"
	second.Controls = []playbooks.Entry{{ID: "1.1", Control: "s3.1", Severity: "LOW", Title: "Other"}, row}
	third := valid()
	third.Key, third.Version, third.Slug = "ex-3.0.0", "3.0.0", "example/v/3.0.0"
	third.StandardsID, third.StandardsARN, third.GeneratorID = third.Slug, third.Slug, third.Slug+"/{id}"
	third.Controls = []playbooks.Entry{{
		ID: "1.1", Control: "S3.1", Severity: "LOW", Title: "A title", Resource: playbooks.Texts{"AwsS3Bucket"},
	}}
	if _, err := playbooks.New([]playbooks.Standard{valid(), third}); err == nil ||
		!strings.Contains(err.Error(), "severity or resource from another list") {
		t.Errorf("two lists with and without a type: %v", err)
	}
	_, err := playbooks.New([]playbooks.Standard{first, second})
	for _, want := range []string{"names two standards", "differs in spelling"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}
