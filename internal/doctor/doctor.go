// Package doctor answers one question: why would a control not run in an account? It goes the way of a finding, from
// who asks to the runs of before, asks AWS and the ledger one thing after the other, and says of each how it stands and
// what sets it right. It reads, and writes nothing.
package doctor

import (
	"context"
	"sync"
	"time"
)

// Verdict is how it stands with one thing.
type Verdict string

// The verdicts.
const (
	OK       Verdict = "ok"
	Wrong    Verdict = "wrong"
	Unknown  Verdict = "unknown"   // who asks may not look, or nobody answered
	NotAsked Verdict = "not_asked" // there was nothing to ask about
)

// Answer is what became of a check.
type Answer struct {
	Check    string  `json:"check"`
	Verdict  Verdict `json:"verdict"`
	Sentence string  `json:"sentence"`
	Fix      string  `json:"fix,omitempty"` // a command to paste, or the page that says how
}

// scope is what a check wants to be told.
type scope int

const (
	ofHub     scope = iota // nothing: it is about the hub
	ofAccount              // an account
	ofControl              // an account and a control that has a playbook
)

// Check asks one thing. Each stands in a file of its own and knows of no other.
type Check struct {
	Name string // one word, for people and programs
	// Needs are the IAM actions in the hub without which it cannot look. The managed policies of operators have them.
	Needs []string
	of    scope
	ask   func(context.Context, *Patient) Answer
}

// Checks are all of them, in the order of the way of a finding.
func Checks() []Check {
	return []Check{
		identity(), clock(), table(),
		securityHub(), membership(), region(), enabled(), recorder(), aggregation(), findings(),
		rules(), actions(), queues(), deadLetters(), sources(), function(), concurrency(), external(), schedule(), alarms(),
		configuration(), organization(), gated(),
		role(), trust(), template(), session(), plan(), past(),
		topic(),
	}
}

// atOnce is how many checks are under way at a time, and tooLong how long one may take: what AWS does not answer is
// not known, and no reason to wait for it.
const (
	atOnce  = 8
	tooLong = 30 * time.Second
)

// Examine goes through all checks. No answer of one is a condition of another.
func Examine(ctx context.Context, p *Patient) []Answer {
	all := Checks()
	answers := make([]Answer, len(all))
	each(len(all), func(i int) { answers[i] = all[i].Ask(ctx, p) })
	return answers
}

// Ask asks the one thing, if the patient has what it is about.
func (c Check) Ask(ctx context.Context, p *Patient) Answer {
	ctx, done := context.WithTimeout(ctx, tooLong)
	defer done()
	var answer Answer
	switch {
	case c.of >= ofAccount && p.Account == "":
		answer = notAsked("no account is named: add --account ID")
	case c.of >= ofControl && p.ControlID == "":
		answer = notAsked("no control is named: add one, such as S3.8")
	case c.of >= ofControl && p.Control == nil:
		answer = notAsked("%s has no playbook", p.ControlID)
	default:
		answer = c.ask(ctx, p)
	}
	answer.Check = c.Name
	return answer
}

// each does something n times, a few at once.
func each(n int, do func(i int)) {
	var all sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i := range n {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			do(i)
		})
	}
	all.Wait()
}

// Worst is the verdict on all answers: wrong before unknown before ok.
func Worst(answers []Answer) Verdict {
	worst := OK
	for _, a := range answers {
		switch a.Verdict {
		case Wrong:
			return Wrong
		case Unknown:
			worst = Unknown
		case OK, NotAsked:
		}
	}
	return worst
}
