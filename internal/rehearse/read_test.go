package rehearse_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/rehearse"
)

// TestRead: each form in which findings are recorded, with the place of each.
func TestRead(t *testing.T) {
	w := enginetest.New(t)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	event, bare := w.Imported(t, id).Body, string(w.Raw(t, id))
	for name, tc := range map[string]struct {
		text    string
		places  []string
		skipped int
	}{
		"empty":             {"", nil, 0},
		"one event":         {event, []string{"1"}, 0},
		"one finding":       {bare, []string{"1"}, 0},
		"lines":             {event + "\n" + bare + "\n\n" + event + "\n", []string{"1", "2", "4"}, 0},
		"one after another": {event + event, []string{"1", "1"}, 0},
		"a list":            {"[\n" + event + ",\n" + bare + "\n]", []string{"2", "3"}, 0},
		"an empty list":     {"[]", nil, 0},
		"of GetFindings": {
			"{\"Findings\": [\n" + bare + ",\n" + bare + "],\n \"NextToken\": \"x\"}", []string{"2", "3"}, 0,
		},
		"two pages":      {"{\"Findings\":[" + bare + "]}\n{\"Findings\":[" + bare + "]}", []string{"1", "2"}, 0},
		"of EventBridge": {"{\"findings\": [" + bare + "]}", []string{"1"}, 0},
		"OCSF":           {`{"Findings":[{"class_uid":2003,"metadata":{}}]}`, nil, 1},
		"of others":      {`{"source":"aws.ec2","detail-type":"EC2 Instance State-change Notification"}`, nil, 1},
		"of Salve":       {`{"salve":"sweep"}` + `{"salve":"check","run":"r1"}`, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := rehearse.New(stage(t, w), enginetest.Modes(gate.Auto), nil)
			var places []string
			for _, row := range rows(t, r, tc.text) {
				if row.Verdict != rehearse.Act {
					t.Errorf("%+v", row)
				}
				places = append(places, strings.TrimPrefix(row.Place, "recorded.json, line "))
			}
			if d := cmp.Diff(tc.places, places); d != "" || r.Skipped != tc.skipped {
				t.Errorf("%d were skipped, want %d; lines (-want +got):\n%s", r.Skipped, tc.skipped, d)
			}
		})
	}
}

// TestReadRefuses: what is none of that is an error with its place.
func TestReadRefuses(t *testing.T) {
	w := enginetest.New(t)
	event := w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))).Body
	for name, tc := range map[string]struct{ text, want string }{
		"a word":         {"hello", "line 1: "},
		"a number":       {event + "\n17", "line 2: is a value alone"},
		"half an event":  {event + "\n" + event[:len(event)/2], "ends in the middle"},
		"half a list":    {"[" + event, "ends in the middle"},
		"something else": {"\n\n{\"a\": 1}", "line 3: is neither an event"},
		"in a list":      {"[\n{\"a\": 1}]", "line 2: is neither an event"},
		"a text in one":  {"[\"x\"]", "line 1: is not an event"},
		"no list":        {`{"Findings": 3}`, "Findings that are no list"},
		"malformed": {
			`{"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported"}`,
			"line 1: the function could not read it either: malformed event: account",
		},
		"a key twice": {strings.Replace(event, "{", `{"id":"a",`, 1), "gives a key twice"},
		"too large":   {`{"a":"` + strings.Repeat("x", 40<<20) + `"}`, "is larger than any event"},
	} {
		t.Run(name, func(t *testing.T) {
			r := rehearse.New(stage(t, w), gate.Config{}, nil)
			err := rehearse.Read(strings.NewReader(tc.text), "f", func(e rehearse.Entry) error {
				return r.Each(t.Context(), e, func(rehearse.Row) error { return nil })
			})
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "f, line ") {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if fault.Of(err) != fault.Invalid {
				t.Errorf("is of class %s", fault.Of(err))
			}
		})
	}
}

// TestConstantMemory: what is kept grows with rules, not with findings.
func TestConstantMemory(t *testing.T) {
	w := enginetest.New(t)
	event := w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))).Body + "\n"
	kept := func(n int) uint64 {
		t.Helper()
		r, report, most := rehearse.New(stage(t, w), enginetest.Modes(gate.Auto), nil), rehearse.Report{}, uint64(0)
		from := &again{text: event, left: n}
		err := rehearse.Read(from, "f", func(e rehearse.Entry) error {
			if report.Findings%100 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
			return r.Each(t.Context(), e, func(row rehearse.Row) error {
				report.Add(row)
				return nil
			})
		})
		if report.Close(); err != nil || report.Findings != n || len(report.Counts) != 1 {
			t.Fatalf("%+v %v", report, err)
		}
		return most
	}
	few := kept(300)
	if many := kept(3000); many > few+few/5 {
		t.Errorf("3,000 events kept %d bytes, 300 kept %d", many, few)
	}
}

// again is a text that comes so often.
type again struct {
	text string
	left int
	rest string
}

func (a *again) Read(p []byte) (int, error) {
	if a.rest == "" {
		if a.left == 0 {
			return 0, io.EOF
		}
		a.left--
		a.rest = a.text
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// TestReport: counts by control, verdict and reason, what differs first.
func TestReport(t *testing.T) {
	w := enginetest.New(t)
	now, then := enginetest.Modes(gate.Manual), enginetest.Modes(gate.Auto)
	then.Controls["Store.1"] = gate.Rule{Mode: gate.Manual}
	r, report := rehearse.New(stage(t, w), then, &now), rehearse.Report{}
	var text strings.Builder
	for range 3 {
		fmt.Fprintln(&text, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))).Body)
	}
	other := enginetest.Spec(w.StoreOf(t, enginetest.Other, nil))
	other.Account = enginetest.Other
	fmt.Fprintln(&text, w.Imported(t, w.Report(t, other)).Body)
	fmt.Fprintln(&text, w.Imported(t, w.Of(t, "Store.1", w.Store(t, nil))).Body)
	for _, row := range rows(t, r, text.String()) {
		report.Add(row)
	}
	report.Close()
	if report.Findings != 5 || report.Differ != 4 || report.Wider != 4 || report.Of(rehearse.Act) != 4 {
		t.Errorf("%+v", report)
	}
	var got []string
	for _, c := range report.Counts {
		got = append(got, fmt.Sprintf("%s %s %s, was %s %s: %d in %d", c.Control, c.Verdict, c.Reason, c.Was, c.WasReason,
			c.Findings, c.Accounts))
	}
	want := []string{
		"Store.3 act allowed, was ignore not_automatic: 4 in 2",
		"Store.1 ignore not_automatic, was ignore not_automatic: 1 in 1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestSurroundings: they are written in YAML, and a misspelt name is an error.
func TestSurroundings(t *testing.T) {
	const text = "ous: {\"222222222222\": [ou-a, r-a]}\ntags:\n  arn:a: {env: dev}\n  arn:b: {}\n"
	s, err := rehearse.ParseSurroundings([]byte(text))
	if err != nil || len(s.OUs) != 1 || len(s.ResourceTags) != 2 {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := rehearse.ParseSurroundings(nil); err != nil {
		t.Error(err)
	}
	if _, err := rehearse.ParseSurroundings([]byte("ous: {}\n---\ntags: {}\n")); err == nil ||
		!strings.Contains(err.Error(), "line 2") {
		t.Errorf("two documents: %v", err)
	}
	if _, err := rehearse.ParseSurroundings([]byte("units: {}")); err == nil {
		t.Error("a misspelt name was passed over")
	}
}
