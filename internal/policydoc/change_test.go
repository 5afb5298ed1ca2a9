package policydoc_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

const ours = `{"Sid":"Ours","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/<&>"}`

func TestKeys(t *testing.T) {
	for name, tc := range map[string]struct {
		statements []string
		want       []string // their beginnings, before a digest
	}{
		"names":                 {[]string{partner, ours}, []string{"Ours", "Partner"}},
		"no name":               {[]string{unnamed}, []string{"statement #"}},
		"one name twice":        {[]string{partner, twin}, []string{"Partner", "Partner #"}},
		"the same three times":  {[]string{partner, partner, partner}, []string{"Partner", "Partner #", "Partner # (2)"}},
		"no name, twice":        {[]string{unnamed, unnamed}, []string{"statement #", "statement # (2)"}},
		"a Sid that is no text": {[]string{`{"Sid":7,"Effect":"Deny"}`}, []string{"statement #"}},
		"a name in small":       {[]string{`{"sid":"x","Effect":"Deny"}`}, []string{"statement #"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := slices.Sorted(maps.Keys(read(t, policy(tc.statements...)).State()))
			for i, key := range got {
				words := strings.Fields(key)
				for n, word := range words {
					if len(word) == 12 {
						words[n] = "#"
					}
				}
				got[i] = strings.Join(words, " ")
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// A key does not depend on how a statement is written.
func TestKeyOfWhatItSays(t *testing.T) {
	a := read(t, policy(`{"Effect":"Deny","Action":["s3:*"],"Condition":{"NumericLessThan":{"s3:TlsVersion":1.20}}}`))
	b := read(t, policy(`{ "Condition" : {"NumericLessThan":{"s3:TlsVersion":12e-1}},"Action":["s3:*"],"Effect":"Deny"}`))
	c := read(t, policy(`{"Effect":"Deny","Action":["s3:*"],"Condition":{"NumericLessThan":{"s3:TlsVersion":1.3}}}`))
	keys := func(d policydoc.Document) []string { return slices.Collect(maps.Keys(d.State())) }
	if !slices.Equal(keys(a), keys(b)) || slices.Equal(keys(a), keys(c)) {
		t.Errorf("%v, %v, %v", keys(a), keys(b), keys(c))
	}
}

// Two numbers that no float tells apart are two, and no statement for another.
func TestHugeNumbers(t *testing.T) {
	const one = `{"Sid":"x","Effect":"Deny","Condition":{"NumericEquals":{"a":12345678901234567890}}}`
	d := read(t, policy(one))
	_, err := d.Change(policydoc.State{"x": []byte(strings.Replace(one, "890}", "891}", 1))}, policydoc.State{})
	if fault.Of(err) != fault.Drifted {
		t.Errorf("another number is taken for this one: %v", err)
	}
	if changed, err := d.Change(d.State(), policydoc.State{}); !changed || err != nil || !d.Empty() {
		t.Errorf("changed %v, left %v: %v", changed, d.State(), err)
	}
}

func TestChange(t *testing.T) {
	const before, tail = `{"Version":"2008-10-17","Id":"own","Statement":[`, `]}`
	for name, tc := range map[string]struct {
		text string // as it was when the change was planned
		now  string // as it is; "" for the same
		key  string
		to   string // the statement by the key; "" takes it away
		want string // "" for no change
	}{
		"added": {
			policy(partner, unnamed), "", "Ours", ours, before + partner + "," + unnamed + "," + sorted(t, ours) + tail,
		},
		"added to a single statement": {
			`{"Statement": ` + partner + `}`, "", "Ours", ours, `{"Statement":[` + partner + "," + sorted(t, ours) + `]}`,
		},
		"added to members of any order": {
			`{ "Statement":[` + tagged + `], "Id" : "a\u003cb", "Version":"2012-10-17" }`, "", "Ours", ours,
			`{"Statement":[` + tagged + `,` + sorted(t, ours) + `],"Id":"a\u003cb","Version":"2012-10-17"}`,
		},
		"added beside what others added": {
			policy(partner), policy(partner, unnamed), "Ours", ours,
			before + partner + "," + unnamed + "," + sorted(t, ours) + tail,
		},
		"added already": {policy(partner), policy(ours, partner), "Ours", ours, ""},
		"replaced": {
			policy(partner, ours, unnamed), "", "Ours", flipped(),
			before + partner + "," + sorted(t, flipped()) + "," + unnamed + tail,
		},
		"removed":         {policy(partner, ours, unnamed), "", "Ours", "", before + partner + "," + unnamed + tail},
		"removed, twice":  {policy(ours), policy(partner), "Ours", "", ""},
		"the last one":    {policy(ours), "", "Ours", "", before + tail},
		"its twin stays":  {policy(partner, twin), "", second(t, policy(partner, twin)), "", before + partner + tail},
		"one of the same": {policy(partner, partner), "", second(t, policy(partner, partner)), "", before + partner + tail},
	} {
		t.Run(name, func(t *testing.T) {
			from := asTree(t, read(t, tc.text).State())
			now := tc.now
			if now == "" {
				now = tc.text
			}
			d := read(t, now)
			changed, err := d.Change(from, asTree(t, with(from, tc.key, tc.to)))
			if err != nil || changed != (tc.want != "") {
				t.Fatalf("changed %v: %v", changed, err)
			}
			if !changed {
				return
			}
			if diff := cmp.Diff(tc.want, textOf(t, d)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func flipped() string { return strings.Replace(ours, "Deny", "Allow", 1) }

// sorted is a statement as it is written by a change.
func sorted(t tester, statement string) string {
	t.Helper()
	d := policydoc.Document{}
	if _, err := d.Change(nil, policydoc.State{sidOf(t, statement): []byte(statement)}); err != nil {
		t.Fatal(err)
	}
	text, found := strings.CutPrefix(textOf(t, d), `{"Version":"2012-10-17","Statement":[`)
	if !found {
		t.Fatalf("a new document is %s", text)
	}
	return strings.TrimSuffix(text, "]}")
}

func sidOf(t tester, statement string) string {
	t.Helper()
	s, err := policydoc.ReadStatement([]byte(statement))
	if err != nil {
		t.Fatal(err)
	}
	return s.Sid
}

// second is the key of the second statement by the name of Partner.
func second(t tester, text string) string {
	t.Helper()
	for key := range read(t, text).State() {
		if strings.HasPrefix(key, "Partner ") {
			return key
		}
	}
	t.Fatal("there is no second")
	return ""
}

// What is written has no escapes that HTML would need: AWS counts them.
func TestNoEscapes(t *testing.T) {
	if got := sorted(t, ours); !strings.Contains(got, "b/<&>") {
		t.Errorf("%s", got)
	}
}

// A statement that no state can hold is held as text, taken away and put back to the byte.
func TestStatementHeldAsText(t *testing.T) {
	for _, statement := range []string{tagged, disguised} {
		d := read(t, policy(partner, statement))
		full := asTree(t, d.State())
		without := maps.Clone(full)
		maps.DeleteFunc(without, func(key string, _ json.RawMessage) bool { return key != "Partner" })
		for _, pair := range [][2]policydoc.State{{full, without}, {without, full}} {
			if changed, err := d.Change(pair[0], pair[1]); !changed || err != nil {
				t.Fatalf("changed %v: %v", changed, err)
			}
		}
		if text := textOf(t, d); text != policy(partner, statement) {
			t.Errorf("put back as %s", text)
		}
	}
}

// Nothing is written over, and a statement is not lost behind another of its name.
func TestChangeIsRefused(t *testing.T) {
	base := policydoc.State{"Ours": []byte(ours)}
	for name, tc := range map[string]struct {
		now      string
		from, to policydoc.State
		want     fault.Class
	}{
		"changed by somebody, to remove":  {policy(flipped()), base, nil, fault.Drifted},
		"changed by somebody, to replace": {policy(flipped()), base, with(base, "Ours", twin), fault.Drifted},
		"made by somebody":                {policy(flipped()), nil, base, fault.Drifted},
		"gone, to replace":                {policy(partner), base, with(base, "Ours", flipped()), fault.Drifted},
		"the first of two of a name": {
			policy(partner, twin), policydoc.State{"Partner": []byte(partner)}, nil, fault.Refused,
		},
		"another name than its key": {policy(partner), nil, policydoc.State{"Mine": []byte(ours)}, fault.Refused},
		"no statement":              {policy(partner), nil, policydoc.State{"Ours": []byte(`"text"`)}, fault.Unknown},
		"held text that is none":    {policy(partner), nil, policydoc.State{"Ours": []byte(`{"Text":"x"}`)}, fault.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			d := read(t, tc.now)
			changed, err := d.Change(tc.from, tc.to)
			if changed || err == nil || fault.Of(err) != tc.want {
				t.Errorf("changed %v, class %q, want %q: %v", changed, fault.Of(err), tc.want, err)
			}
			if text := textOf(t, d); text != tc.now {
				t.Errorf("now %s", text)
			}
		})
	}
}
