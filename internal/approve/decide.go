package approve

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// Verdict says what follows from an answer.
type Verdict string

// The verdicts.
const (
	Refuse Verdict = "refuse" // it does not count
	Count  Verdict = "count"  // it counts, and another person has to say yes too
	Carry  Verdict = "carry"  // the plan is approved
	Deny   Verdict = "deny"   // the plan is not to be carried out
)

// Input is what the decision depends on.
type Input struct {
	Config  gate.Config
	Run     *run.Run // that the message names, with the answers so far
	Waits   string   // the run of this work whose plan waits now; empty where none does
	Message Message
	Now     time.Time
}

// Decision is what follows from an answer, and why.
type Decision struct {
	Verdict Verdict
	Answer  run.Answer // to be kept, unless it is refused or known
	Known   bool       // the message came before, and its answer is kept already
	Text    string     // a sentence for who answered
}

// Decide tells what follows from somebody's answer to a plan. Nobody but a configured approver is told anything about
// the run.
func Decide(in Input) Decision {
	p, ok := personOf(in.Message.Sender)
	if !ok {
		return refuse("AWS names no user and no role session of the hub's account as its sender, and nobody else may answer")
	}
	who, ok := in.Config.Approver(p.id)
	if !ok {
		return refuse("%s is no approver: the configuration has to name the user or role, and to be pushed again where AWS "+
			"has made it anew under the same name", plain.Short(p.id, maxSession))
	}
	if !who.May(in.Run.Key.Account, in.Run.Key.Control) {
		return refuse("%s may not answer for %s in account %s", short(who.ARN), in.Run.Key.Control, in.Run.Key.Account)
	}
	answer := in.Message.answer(p, who.ARN, who.NamedSessions, in.Now)
	if slices.ContainsFunc(in.Run.Answers, func(a run.Answer) bool { return a.Message == in.Message.ID }) {
		return in.again()
	}
	for _, why := range []func(run.Answer) string{in.gone, in.answered, in.otherPlan, in.late, in.own} {
		if text := why(answer); text != "" {
			return refuse("%s", text)
		}
	}
	d := in.follows(append(slices.Clone(in.Run.Answers), answer))
	d.Answer = answer
	return d
}

func refuse(format string, args ...any) Decision {
	return Decision{Verdict: Refuse, Text: fmt.Sprintf(format, args...)}
}

// again is what followed from an answer that is kept already: who did not come to carry it out does so now.
func (in Input) again() Decision {
	if in.Waits != in.Run.ID {
		return refuse("the answer was taken before, and %s", in.instead())
	}
	d := in.follows(in.Run.Answers)
	d.Known = true
	return d
}

// gone says why a run does not wait (any more).
func (in Input) gone(run.Answer) string {
	switch {
	case in.Run.State != run.StateClosed || in.Run.Status != run.StatusAwaitingApproval:
		return fmt.Sprintf("run %s does not wait for approval: it is %s", in.Run.ID, state(in.Run))
	case in.Waits != in.Run.ID:
		return in.instead()
	}
	return ""
}

func (in Input) instead() string {
	if in.Waits == "" {
		return fmt.Sprintf("run %s does not wait any more: a later run has settled it, see salve show %s",
			in.Run.ID, in.Run.ID)
	}
	return fmt.Sprintf("run %s does not wait any more: run %s has a newer plan, look at that one", in.Run.ID, in.Waits)
}

// state is how far a run is that does not wait for approval.
func state(r *run.Run) string {
	if r.Status == "" {
		return string(r.State)
	}
	return string(r.Status)
}

// answered says that enough was said before: a no, that nobody answered, or all the yes it takes.
func (in Input) answered(run.Answer) string {
	for _, a := range in.Run.Answers {
		switch a.Word {
		case run.Deny:
			return fmt.Sprintf("run %s was denied by %s on %s", in.Run.ID, a.Name(), plain.Minute(a.At))
		case run.Lapse:
			return fmt.Sprintf("nobody approved run %s until %s, which denied it", in.Run.ID, plain.Minute(a.At))
		case run.Approve:
		}
	}
	if yes := in.yes(in.Run.Answers); len(yes) >= in.needed() {
		return fmt.Sprintf("run %s was approved before, by %s", in.Run.ID, yes[len(yes)-1].Name())
	}
	return ""
}

// otherPlan says that the sender has seen another plan.
func (in Input) otherPlan(run.Answer) string {
	if in.Run.Plan != nil && in.Run.Plan.Hash != "" && in.Run.Plan.Hash == in.Message.Plan {
		return ""
	}
	return fmt.Sprintf("the answer is about another plan than that of run %s: look at it again with salve approve %s",
		in.Run.ID, in.Run.ID)
}

func (in Input) late(run.Answer) string {
	if in.Run.Ends.IsZero() || in.Now.Before(in.Run.Ends) {
		return ""
	}
	return fmt.Sprintf("the plan of run %s could be approved until %s: ask for a new one", in.Run.ID,
		plain.Minute(in.Run.Ends))
}

// own says that the same person has said yes before, or has asked for the change where four eyes are wanted. Anybody
// may say no.
func (in Input) own(a run.Answer) string {
	if a.Word == run.Deny {
		return ""
	}
	me := in.known(a)
	for _, before := range in.yes(in.Run.Answers) {
		if me.same(in.known(before)) {
			return fmt.Sprintf("%s has approved run %s before: another person has to", before.Name(), in.Run.ID)
		}
	}
	asker, ok := in.asker()
	if in.Config.FourEyes() && ok && me.same(asker) {
		return fmt.Sprintf("who asked for run %s may not approve it: four eyes are wanted%s", in.Run.ID, me.hint())
	}
	return ""
}

// follows is what follows from all answers together.
func (in Input) follows(all []run.Answer) Decision {
	last := all[len(all)-1]
	if at := slices.IndexFunc(all, func(a run.Answer) bool { return a.Word == run.Deny }); at >= 0 {
		return Decision{Verdict: Deny, Text: fmt.Sprintf("run %s is denied", in.Run.ID)}
	}
	yes := in.yes(all)
	if left := in.needed() - len(yes); left > 0 || len(yes) == 0 {
		return Decision{Verdict: Count, Text: fmt.Sprintf("the yes of %s counts; nobody knows who asked for run %s, so one "+
			"more person has to approve it", last.Name(), in.Run.ID)}
	}
	return Decision{Verdict: Carry, Text: fmt.Sprintf("run %s is approved", in.Run.ID)}
}

// yes are the answers that approve, of those who may do so now: an approver who was taken away counts no longer.
func (in Input) yes(all []run.Answer) []run.Answer {
	var out []run.Answer
	for _, a := range all {
		who, ok := in.Config.Approver(a.ID)
		if a.Word == run.Approve && ok && who.May(in.Run.Key.Account, in.Run.Key.Control) {
			out = append(out, a)
		}
	}
	return out
}

// needed is how many persons have to say yes: two where four eyes are wanted and nobody knows who asked.
func (in Input) needed() int { return Needed(in.Config, in.Run) }

// Needed is how many persons have to approve the plan of a run.
func Needed(config gate.Config, r *run.Run) int {
	_, known := personOf(r.ActorID)
	if config.FourEyes() && r.Trigger != run.TriggerImported && !known {
		return 2
	}
	return 1
}

// somebody is a person, as far as persons can be told apart.
type somebody struct {
	person
	name  string // of the session, or of the user
	named bool   // sessions of the role are persons
}

// known is who gave an answer.
func (in Input) known(a run.Answer) somebody {
	name := a.Session
	if name == "" {
		name = short(a.ARN)
	}
	return in.some(person{a.ID, a.Session}, name)
}

// asker is who asked for the run, if AWS has said so.
func (in Input) asker() (somebody, bool) {
	p, ok := personOf(in.Run.ActorID)
	if !ok {
		return somebody{}, false
	}
	name := p.session
	if name == "" {
		name = in.Run.Actor
	}
	return in.some(p, name), true
}

func (in Input) some(p person, name string) somebody {
	who, _ := in.Config.Approver(p.id)
	return somebody{p, name, who.NamedSessions}
}

// same tells that two may be one person: the same user, the same role unless the names of its sessions can be believed
// and differ, or the same name under another id.
func (s somebody) same(other somebody) bool {
	if strings.EqualFold(s.name, other.name) {
		return true
	}
	return s.id == other.id && !s.named
}

// hint says what could be done where sessions are not told apart.
func (s somebody) hint() string {
	if s.session == "" || s.named {
		return ""
	}
	return ", and all sessions of a role are one person unless the configuration says named_sessions"
}

// short is the last part of an ARN.
func short(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// Ended is what the answers to a plan have come to: a no, all the yes it takes, or that nobody said so in time. Not
// done where somebody has still to answer.
func Ended(config gate.Config, r *run.Run) (word run.Word, done bool) {
	for _, a := range r.Answers {
		if a.Word != run.Approve {
			return a.Word, true
		}
	}
	in := Input{Config: config, Run: r}
	return run.Approve, len(in.yes(r.Answers)) >= in.needed()
}
