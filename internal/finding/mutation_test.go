package finding_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/finding"
)

// mutations is how many changes the findings of each mode of consolidation get.
const mutations = 10_000

// leaves lists the paths of all texts in a JSON value.
func leaves(value any, path string, out map[string]func(string), put func(any)) {
	switch v := value.(type) {
	case map[string]any:
		for key, each := range v {
			leaves(each, path+"."+key, out, func(changed any) { v[key] = changed })
		}
	case []any:
		for i, each := range v {
			leaves(each, fmt.Sprintf("%s[%d]", path, i), out, func(changed any) { v[i] = changed })
		}
	case string:
		out[path] = func(changed string) { put(changed) }
	}
}

// mutate changes a text as somebody would who wants another identity, or as chance does.
func mutate(r *rand.Rand, text string, pool []string) string {
	swaps := [][2]string{
		{account, other},
		{region, "us-east-1"},
		{"arn:aws:", "arn:aws-cn:"},
		{"S3.8", "S3.1"},
		{"EC2.2", "EC2.19"},
		{"2.1.4", "2.1.2"},
		{"1.3", "1.4"},
		{"logs-eu", "prod-data"},
		{"/v/1.0.0", "/v/3.0.0"},
		{"eve", "root"},
		{"security-control", "subscription"},
		{"aws/securityhub", "aws/guardduty"},
		{"IAM.", "EC2."},
		{"PCI.", ""},
	}
	at := r.IntN(len(text) + 1)
	switch r.IntN(8) {
	case 0:
		return pool[r.IntN(len(pool))]
	case 1, 2, 3:
		swap := swaps[r.IntN(len(swaps))]
		return strings.ReplaceAll(text, swap[0], swap[1])
	case 4:
		return text[:at]
	case 5:
		return text[:at] + string(rune(32+r.IntN(300))) + text[at:]
	case 6:
		if at == len(text) {
			return strings.ToUpper(text)
		}
		return text[:at] + string(rune('0'+r.IntN(75))) + text[at+1:]
	default:
		return text + pool[r.IntN(len(pool))]
	}
}

func identity(f finding.Finding) string {
	return strings.Join([]string{
		f.Partition, f.Account, f.Region, f.Control, f.Standard, f.ProductArn, f.Resource.ID,
	}, " ")
}

// sharesID is the one case in which the lists leave it to SecurityControlId to decide: CIS has one requirement for
// S3.1 and S3.8. Their resources are of different types, which CheckResource tells apart.
func sharesID(got, want finding.Finding) bool {
	return strings.HasPrefix(want.Standard, "cis-") && got.ID == want.ID && got.Control != want.Control &&
		strings.Contains("S3.1 S3.8", got.Control) && strings.Contains("S3.1 S3.8", want.Control)
}

// bases are valid findings of one mode: those of the tests, and whole ones as AWS sends them.
func bases(t *testing.T, consolidated bool) map[string]any {
	t.Helper()
	out, standards := map[string]any{}, lists(t)
	add := func(name string, value any, raw finding.Raw) {
		f, err := finding.Identify(raw, standards)
		if err != nil {
			t.Fatal(err)
		}
		if f.Consolidated == consolidated {
			out[name] = value
		}
	}
	for name, raw := range samples() {
		add(name, raw, raw)
	}
	for _, name := range []string{"imported-consolidated", "click-cis-1.2.0"} {
		event, err := finding.Decode(file(t, name))
		if err != nil {
			t.Fatal(err)
		}
		var whole struct{ Detail struct{ Findings []any } }
		if err := json.Unmarshal(file(t, name), &whole); err != nil {
			t.Fatal(err)
		}
		for i, each := range whole.Detail.Findings {
			add(fmt.Sprint(name, i), each, event.Findings[i])
		}
	}
	return out
}

// judge knows a valid finding.
type judge struct {
	name      string
	standards finding.Standards
	want      finding.Finding
}

// of identifies what became of a finding. What is believed with another identity fails the test.
func (j judge) of(t *testing.T, path string, after any) (accepted bool) {
	t.Helper()
	name, want := j.name, j.want
	event, err := finding.Decode(envelope(t, importedType, after))
	if err != nil {
		var malformed *finding.Malformed
		if !errors.As(err, &malformed) {
			t.Fatalf("%s %s: %v", name, path, err)
		}
		return false
	}
	got, err := event.Identify(event.Findings[0], j.standards)
	if err != nil {
		return false
	}
	if sharesID(got, want) && strings.HasPrefix(path, ".Compliance.SecurityControlId") {
		return true
	}
	if identity(got) != identity(want) {
		t.Errorf("%s: a change of %s is believed:\n%s\n%s", name, path, identity(want), identity(got))
	}
	return true
}

func judgeOf(t *testing.T, name string, standards finding.Standards, value any) judge {
	t.Helper()
	event, err := finding.Decode(envelope(t, importedType, value))
	if err != nil {
		t.Fatal(err)
	}
	f, err := event.Identify(event.Findings[0], standards)
	if err != nil {
		t.Fatal(err)
	}
	return judge{name: name, standards: standards, want: f}
}

// No change of one field makes a valid finding pass for one of another control, account, Region or resource.
func TestMutationsNeverChangeIdentity(t *testing.T) {
	pool := []string{
		"", other, "us-east-1", "S3.1", "security-control/S3.1", "2.1.4", "AWS::::Account:" + other, "arn:aws:s3:::prod-data",
		samples()["PCI 3.2.1"].ID, samples()["FSBP"].GeneratorID, samples()["NIST"].ID, "AwsS3Bucket", "\n", "\u202e",
	}
	for mode, consolidated := range map[string]bool{"consolidated": true, "by standard": false} {
		t.Run(mode, func(t *testing.T) {
			all := bases(t, consolidated)
			names := slices.Sorted(maps.Keys(all))
			judges, standards := map[string]judge{}, lists(t)
			for name, base := range all {
				judges[name] = judgeOf(t, name, standards, base)
			}
			r := rand.New(rand.NewPCG(1, 2)) // the same mutations every time
			accepted := 0
			for i := range mutations {
				name := names[i%len(names)]
				path, mutated := mutateOne(t, r, all[name], pool)
				if judges[name].of(t, path, mutated) {
					accepted++
				}
			}
			t.Logf("%d changes of %d findings, %d accepted with the identity they had", mutations, len(names), accepted)
			if accepted == 0 || accepted == mutations {
				t.Error("the mutations prove nothing")
			}
		})
	}
}

// mutateOne changes one text of a finding; a change that changes nothing is tried again.
func mutateOne(t *testing.T, r *rand.Rand, base any, pool []string) (string, any) {
	t.Helper()
	body, err := json.Marshal(base)
	if err != nil {
		t.Fatal(err)
	}
	for {
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			t.Fatal(err)
		}
		setters := map[string]func(string){}
		leaves(value, "", setters, nil)
		paths := make([]string, 0, len(setters))
		for path := range setters {
			paths = append(paths, path)
		}
		sort.Strings(paths)
		path := paths[r.IntN(len(paths))]
		setters[path](mutate(r, textAt(value, path), pool))
		after, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := json.Marshal(mustAny(body))
		if string(after) != string(before) {
			return path, value
		}
	}
}

func mustAny(body []byte) any {
	var value any
	_ = json.Unmarshal(body, &value)
	return value
}

// textAt reads the text at a path of leaves.
func textAt(value any, want string) string {
	var found string
	var visit func(any, string)
	visit = func(v any, path string) {
		switch v := v.(type) {
		case map[string]any:
			for key, each := range v {
				visit(each, path+"."+key)
			}
		case []any:
			for i, each := range v {
				visit(each, fmt.Sprintf("%s[%d]", path, i))
			}
		case string:
			if path == want {
				found = v
			}
		}
	}
	visit(value, "")
	return found
}
