package gate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

// ringsOf are rings that are accounts each, called r0, r1 and so on.
func ringsOf(accounts ...string) *gate.Rings {
	r := &gate.Rings{}
	for i, id := range accounts {
		r.Order = append(r.Order, gate.Ring{Name: fmt.Sprint("r", i), Where: []gate.Where{{Accounts: []string{id}}}})
	}
	return r
}

// ringed is a report of S3.8 on auto whose document has rings; the account of its finding is account.
func ringed(rings *gate.Rings, changes ...func(*gate.Input)) gate.Input {
	in := input(mode(gate.Auto), by(gate.Imported))
	in.Config.Rings = rings
	for _, change := range changes {
		change(&in)
	}
	return in
}

func movedTo(ring string, bound int64) func(*gate.Input) {
	return func(in *gate.Input) {
		in.Overlay.Moved = map[string]gate.Moved{"s3.8": {Ring: ring, Bound: bound, Change: 4}}
		in.Overlay.Modes = map[string]int64{"s3.8": 7}
	}
}

func beginsIn(ring string) func(*gate.Input) {
	return func(in *gate.Input) {
		rule := in.Config.Controls["S3.8"]
		rule.BeginsIn = ring
		in.Config.Controls["S3.8"] = rule
	}
}

func ringCases() map[string]verdict {
	out := decided(gate.Ignore, gate.OutsideRing, gate.Auto)
	out.Detail = "ring r0"
	return map[string]verdict{"outside": {ringed(ringsOf("999999999999")), out}}
}

// TestRings: where a control acts by itself, and by which stamp its fixes count.
func TestRings(t *testing.T) {
	const here, other = account, "999999999999"
	only := func(w gate.Where) *gate.Rings {
		return &gate.Rings{Order: []gate.Ring{{Name: "r0", Where: []gate.Where{w}}}}
	}
	tagged := only(gate.Where{Tags: map[string][]string{"env": {"dev"}}})
	unit := only(gate.Where{OUs: []string{"ou-ab12-prod1234"}})
	tags := func(tags map[string]string) func(*gate.Input) {
		return func(in *gate.Input) { in.Snapshots.Tags = tags }
	}
	for name, tc := range map[string]struct {
		in     gate.Input
		reason gate.Reason
		stamp  string
	}{
		"no rings":                       {ringed(nil), gate.Allowed, ""},
		"the first":                      {ringed(ringsOf(here, other)), gate.Allowed, "r0 0.0"},
		"not the first":                  {ringed(ringsOf(other, here)), gate.OutsideRing, ""},
		"none":                           {ringed(ringsOf(other)), gate.OutsideRing, ""},
		"moved to the second":            {ringed(ringsOf(other, here), movedTo("r1", 7)), gate.Allowed, "r1 7.4"},
		"the first of one in the second": {ringed(ringsOf(here, other), movedTo("r1", 7)), gate.Allowed, "r1 7.4"},
		"moved to the last":              {ringed(ringsOf(other), movedTo(gate.LastRing, 7)), gate.Allowed, "everywhere 7.4"},
		"moved before it was taken off":  {ringed(ringsOf(other, here), movedTo("r1", 6)), gate.OutsideRing, ""},
		"moved to what is not there":     {ringed(ringsOf(other, here), movedTo("r9", 7)), gate.OutsideRing, ""},
		"begins in the second":           {ringed(ringsOf(other, here), beginsIn("r1")), gate.Allowed, "r1 0.0"},
		"begins everywhere":              {ringed(ringsOf(other), beginsIn(gate.LastRing)), gate.Allowed, "everywhere 0.0"},
		"begins in what is not there":    {ringed(ringsOf(other, here), beginsIn("r9")), gate.OutsideRing, ""},
		"a click":                        {ringed(ringsOf(other), by(gate.Click)), gate.Allowed, ""},
		"a tag that nobody has read":     {ringed(tagged, tags(nil)), gate.UnknownTags, ""},
		"another tag":                    {ringed(tagged, tags(map[string]string{"env": "prod"})), gate.OutsideRing, ""},
		"without the tag":                {ringed(tagged, tags(map[string]string{})), gate.OutsideRing, ""},
		"with the tag":                   {ringed(tagged, tags(map[string]string{"env": "dev"})), gate.Allowed, "r0 0.0"},
		"a unit that nobody has read":    {ringed(unit), gate.UnknownOUs, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := gate.Decide(tc.in)
			want := gate.Act
			if tc.reason != gate.Allowed {
				want = gate.Ignore
			}
			if d.Reason != tc.reason || d.Verdict != want || d.Verdict == gate.Act && d.Ring != tc.stamp {
				t.Errorf("%s because of %s in %q, want %s in %q", d.Verdict, d.Reason, d.Ring, tc.reason, tc.stamp)
			}
		})
	}
}

// TestRingOfAStandard: what is on auto by a standard takes the way of it, the narrowest of several.
func TestRingOfAStandard(t *testing.T) {
	in := ringed(ringsOf("999999999999", account))
	in.Control.Standards = []string{"cis", "fsbp"}
	in.Config.Controls = map[string]gate.Rule{
		"standard:cis": {Mode: gate.Auto, BeginsIn: "r1"}, "standard:fsbp": {Mode: gate.Auto, BeginsIn: gate.LastRing},
	}
	if d := gate.Decide(in); d.Reason != gate.Allowed || d.Ring != "r1 0.0" {
		t.Errorf("%s in %q", d.Reason, d.Ring)
	}
	in.Config.Controls["standard:cis"] = gate.Rule{Mode: gate.Auto}
	if d := gate.Decide(in); d.Reason != gate.OutsideRing {
		t.Errorf("%s in %q", d.Reason, d.Ring)
	}
}

// TestModesMoved: the version that last changed the mode of an entry, also of one that comes back.
func TestModesMoved(t *testing.T) {
	s := gate.Settings{}
	for n, doc := range []struct {
		text string
		want map[string]int64
	}{
		{"controls: {S3.8: {mode: auto}, 'standard:cis': {mode: plan}}", map[string]int64{"s3.8": 1, "standard:cis": 1}},
		{"controls: {S3.8: {mode: auto, where: [{regions: [eu-*]}]}}", map[string]int64{"s3.8": 1, "standard:cis": 2}},
		{"controls: {s3.8: {mode: auto}}\ncontact: ada", map[string]int64{"s3.8": 1, "standard:cis": 2}},
		{"controls: {S3.8: {mode: off}}", map[string]int64{"s3.8": 4, "standard:cis": 2}},
		{"controls: {S3.8: {mode: auto}, EC2.2: {parameters: {a: 1}}}", map[string]int64{"s3.8": 5, "standard:cis": 2}},
	} {
		text, err := parse(t, "version: 1\n"+doc.text+"\n").JSON()
		if err != nil {
			t.Fatal(err)
		}
		push := gate.Push{Doc: string(text), Over: int64(n)}
		s = gate.Settings{Doc: push.Doc, Version: push.Over + 1, Modes: push.Modes(s)}
		if d := cmp.Diff(doc.want, s.Modes); d != "" {
			t.Errorf("version %d (-want +got):\n%s", n+1, d)
		}
	}
	broken := gate.Push{Doc: "{", Over: 5}
	if d := cmp.Diff(s.Modes, broken.Modes(s)); d != "" {
		t.Error(d)
	}
	doc := s.Doc
	s.Doc = "{"
	if got := (gate.Push{Doc: doc, Over: 6}).Modes(s); got["s3.8"] != 7 {
		t.Errorf("after what nobody can read: %v, want all of it new", got)
	}
}

// TestRingsInADiff: what lets a control act in more places is said to.
func TestRingsInADiff(t *testing.T) {
	const (
		auto  = "version: 1\ncontrols: {S3.8: {mode: auto}}\n"
		rings = "rings: {advance_after: 5, order: [{name: lab, where: [{regions: [eu-*]}]}]}\n"
	)
	for name, tc := range map[string]struct{ from, to, want string }{
		"rings come":    {auto, auto + rings, ""},
		"rings go":      {auto + rings, auto, "rings.order"},
		"other places":  {auto + rings, auto + strings.Replace(rings, "eu-*", "us-*", 1), "rings.order"},
		"fewer fixes":   {auto + rings, auto + strings.Replace(rings, "5", "4", 1), "rings.advance_after"},
		"more fixes":    {auto + rings, auto + strings.Replace(rings, "5", "6", 1), ""},
		"begins later":  {auto + rings, strings.Replace(auto, "auto", "auto, begins_in: everywhere", 1) + rings, "begins_in"},
		"begins sooner": {strings.Replace(auto, "auto", "auto, begins_in: everywhere", 1) + rings, auto + rings, ""},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := gate.Diff(parse(t, tc.from), parse(t, tc.to))
			if err != nil || len(list) == 0 {
				t.Fatal(list, err)
			}
			wider := ""
			for _, d := range list {
				if d.Wider {
					wider += d.Path
				}
			}
			if (wider == "") != (tc.want == "") || !strings.Contains(wider, tc.want) {
				t.Errorf("wider: %q, want %q", wider, tc.want)
			}
		})
	}
}

// TestRingOfAPattern: what is on auto by a pattern takes the way of it, and begins anew where its mode was changed.
func TestRingOfAPattern(t *testing.T) {
	in := ringed(ringsOf("999999999999", account))
	in.Config.Controls = map[string]gate.Rule{
		"S3.*": {Mode: gate.Auto, BeginsIn: "r1", Release: "v1.2.3", Covers: []string{"S3.8"}},
	}
	if d := gate.Decide(in); d.Reason != gate.Allowed || d.Ring != "r1 0.0" {
		t.Errorf("%s in %q", d.Reason, d.Ring)
	}
	in.Overlay.Modes = map[string]int64{"s3.*": 4, "ec2.*": 9}
	in.Overlay.Moved = map[string]gate.Moved{"s3.8": {Ring: gate.LastRing, Bound: 4, Change: 2}}
	if d := gate.Decide(in); d.Ring != "everywhere 4.2" {
		t.Errorf("%s in %q", d.Reason, d.Ring)
	}
	in.Overlay.Modes["s3.*"] = 5
	if d := gate.Decide(in); d.Ring != "r1 5.0" {
		t.Errorf("%s in %q", d.Reason, d.Ring)
	}
}
