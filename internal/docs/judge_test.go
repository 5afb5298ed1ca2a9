package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/judge"
)

// court has one control for each answer that the judge may give.
func court() Court {
	said := func(before, fixed, undone string) judge.Seen {
		return judge.Seen{Checks: map[string][3]string{"check": {before, fixed, undone}}}
	}
	stays, removes := said("FAIL", "PASS", "PASS"), said("FAIL", "none", "none")
	stays.Stays, removes.Removes = true, true
	worse := said("FAIL", "PASS", "FAIL")
	worse.Worse, worse.Made = map[string]string{"other": judge.OfItself}, []string{"a", "b"}
	asks := map[string]map[string]string{"A.2": {"check": "is content with half"}}
	for _, id := range []string{"A.1", "A.3", "A.4", "A.5", "A.6", "A.7"} {
		asks[id] = map[string]string{"check": ""}
	}
	return Court{
		Checks: judge.Checks{Asks: asks, Wrong: map[string]map[string]string{"A.8": {"alike": "asks for more"}}},
		Settled: judge.Settled{
			Differs: map[string]string{"A.5": "the lab forgets it"}, Unseen: map[string]string{"A.6": "the lab has none"},
			Worse: map[string]map[string]string{"other": {"A.1": "it must"}}, Made: map[string]string{"A.1": "as AWS wants it"},
		},
		Record: judge.Record{Prowler: "1", Controls: map[string][]judge.Seen{
			"A.1": {worse, said("FAIL", "PASS", "FAIL")}, "A.2": {said("FAIL", "PASS", "FAIL")}, "A.3": {stays},
			"A.4": {removes}, "A.5": {said("FAIL", "FAIL", "FAIL")}, "A.6": {said("none", "none", "none")}, "A.8": {{}},
		}},
	}
}

func TestRulings(t *testing.T) {
	c := court()
	for id, want := range map[string]string{
		"A.1":     "fails it, passes the fix and fails it again once that is taken back",
		"A.2":     "fails it, passes the fix and fails it again once that is taken back, though it is content with half",
		"A.3":     "fails it and passes the fix, which stays",
		"A.4":     "fails it until the fix has taken it away",
		"A.5":     "differs: the lab forgets it",
		"A.6":     "says nothing: the lab has none",
		"A.7":     "was not asked yet",
		"A.8":     "has no check that asks for it",
		"Salve.X": "asks nothing that is Salve's own",
	} {
		r := c.rule(id, id == "Salve.X", proof{})
		if r.Text != want || (len(r.Checks) > 0) != (id < "A.5") {
			t.Errorf("%s: by %v: %s", id, r.Checks, r.Text)
		}
	}
}

func TestPageOfTheJudge(t *testing.T) {
	c, views := court(), []controlView(nil)
	for _, id := range []string{"A.1", "A.2", "A.3", "A.4", "A.5", "A.6", "A.7", "A.8"} {
		v := controlView{Ruling: c.rule(id, false, proof{Mechanism: own})}
		v.ID = id
		views = append(views, v)
	}
	got := c.view(views)
	want := courtView{
		Prowler: "1", Agree: 4, Silent: 1, Unasked: 1, Open: 1,
		Worse: []worsened{{"other", "A.1", judge.OfItself, "it must"}},
		Made:  []worsened{{Control: "A.1", Check: "`a`, `b`", Cause: "as AWS wants it"}},
		Wrong: []worsened{{Check: "alike", Control: "A.8", Cause: "asks for more"}},
	}
	differ := len(got.Differ)
	got.Rows, got.Differ = nil, nil
	if d := cmp.Diff(want, got); d != "" || differ != 1 {
		t.Errorf("%d differ (-want +got):\n%s", differ, d)
	}
	got.Differ = make([]ruling, differ)
	if got.Judged() != "6 of 7" {
		t.Errorf("asked were %s", got.Judged())
	}
	p := printer{pages: map[string]string{}}
	p.print("judge.md", "judge.md.tmpl", c.view(views))
	if p.err != nil {
		t.Error(p.err)
	}
}

func TestWhere(t *testing.T) {
	for want, p := range map[string]proof{
		"never":         {},
		"the lab":       {Suites: []string{"TestA"}},
		"the lab; unit": {Suites: []string{"TestA"}, StandIn: []string{"a_test.go"}},
		"the lab, with a stand-in for mq": {
			Suites: []string{"TestA"}, On: []string{"the lab, with a stand-in for mq"},
		},
	} {
		if got := (ruling{Proof: p}).Where(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// The mechanism of a control is what its functions are made of, wherever in the package that is said.
func TestMechanism(t *testing.T) {
	sources := map[string]*ast.File{}
	for name, text := range map[string]string{
		"rows.go": `package s3
func Rows() []control.Control { return all(table) }
var table = []row{{set: put}}
func all(rows []row) []control.Control { return wrapped() }`,
		"more.go": `package s3
func wrapped() any { return kind.Setting[bool]{} }
func (b bucket) policy() any { return policydoc.Read(b) }
func put(b bucket) any { return b.policy() }`,
		"own.go": `package s3
func Own() []control.Control { return control.Of[bool]{}.Control() }`,
	} {
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		sources[name] = tree
	}
	made := declarationsOf(sources)
	for name, want := range map[string]string{"rows.go": "one setting, policy document", "own.go": own} {
		if got := made.mechanism(functionsOf(sources[name])); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	shown := ruling{Proof: proof{Mechanism: own, Shown: []shown{{By: "S3.1"}}}}
	if got := shown.Mechanism(); got != own+", as S3.1" {
		t.Errorf("got %s", got)
	}
}
