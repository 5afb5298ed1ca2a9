package approve_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/approve"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

const (
	alice   = "AIDAALICEALICEALICE1"
	bob     = "AIDABOBBOBBOBBOBBOB1"
	team    = "AROATEAMTEAMTEAMTEA1" // a role whose sessions anybody may name
	persons = "AROASSOSSOSSOSSOSSO1" // a role whose sessions the identity provider names
	limited = "AIDALIMITEDLIMITED11"
	anew    = "AROAANEWANEWANEWANE1" // the same role, made anew
)

func now() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

func hash() string { return strings.Repeat("a", 64) }

func arn(name string) string { return "arn:aws:iam::111111111111:" + name }

func config(fourEyes bool) gate.Config {
	return gate.Config{Version: 1, Approvals: &gate.Approvals{FourEyes: fourEyes, Approvers: []gate.Approver{
		{ARN: arn("user/alice"), ID: alice},
		{ARN: arn("user/bob"), ID: bob},
		{ARN: arn("role/team"), ID: team},
		{ARN: arn("role/persons"), ID: persons, NamedSessions: true},
		{ARN: arn("user/carol"), ID: limited, Accounts: []string{"333333333333"}, Controls: []string{"S3.*"}},
		{ARN: arn("user/unresolved")},
	}}}
}

// waiting is a run that asked, and waits.
func waiting(trigger run.Trigger, actor string) *run.Run {
	return &run.Run{
		ID: "r1", Key: run.Key{Account: "222222222222", Control: "EC2.2"}, State: run.StateClosed,
		Status: run.StatusAwaitingApproval, Trigger: trigger, ActorID: actor, Ends: now().Add(time.Hour),
		Plan: &control.Plan{Hash: hash()},
	}
}

func message(sender string) approve.Message {
	return approve.Message{ID: "m-new", Sender: sender, Run: "r1", Plan: hash(), Word: run.Approve}
}

func said(id, session string, word run.Word) run.Answer {
	return run.Answer{
		Message: "m-" + id + session, Word: word, ID: id, Session: session, ARN: arn("user/" + id),
		At: now().Add(-time.Minute),
	}
}

type scene struct {
	four    bool
	trigger run.Trigger
	asker   string
	sender  string
	change  func(*approve.Input)
	want    approve.Verdict
	says    string
}

// scenes are all that can be answered, and what follows.
func scenes() map[string]scene {
	const asked = "AROATEAMTEAMTEAMTEA1:alice"
	return map[string]scene{
		"a report, one yes":                {sender: alice, want: approve.Carry, says: "is approved"},
		"a report, a role":                 {sender: team + ":any", want: approve.Carry},
		"a report, four eyes":              {four: true, sender: alice, want: approve.Carry},
		"nobody is configured":             {sender: alice, want: approve.Refuse, says: "no approver", change: none},
		"an id nobody knows":               {sender: "AIDASTRANGERSTRANGER", want: approve.Refuse, says: "is no approver"},
		"a role that was made anew":        {sender: anew + ":alice", want: approve.Refuse, says: "made it anew"},
		"the id of a role without session": {sender: team, want: approve.Refuse, says: "no user and no role"},
		"a user with a session":            {sender: alice + ":x", want: approve.Refuse, says: "no user and no role"},
		"an account":                       {sender: "111111111111", want: approve.Refuse, says: "no user and no role"},
		"no sender":                        {sender: "", want: approve.Refuse, says: "no user and no role"},
		"an ARN as the sender":             {sender: arn("user/alice"), want: approve.Refuse, says: "no user and no role"},
		"limited to other accounts":        {sender: limited, want: approve.Refuse, says: "may not answer for EC2.2"},
		"limited to this account and control": {sender: limited, want: approve.Carry, change: func(in *approve.Input) {
			in.Run.Key.Account, in.Run.Key.Control = "333333333333", "S3.8"
		}},
		"limited to other controls": {sender: limited, want: approve.Refuse, change: func(in *approve.Input) {
			in.Run.Key.Account = "333333333333"
		}},
		"another plan": {sender: alice, want: approve.Refuse, says: "another plan", change: func(in *approve.Input) {
			in.Message.Plan = strings.Repeat("b", 64)
		}},
		"a run without a plan": {sender: alice, want: approve.Refuse, says: "another plan", change: func(in *approve.Input) {
			in.Run.Plan, in.Message.Plan = &control.Plan{}, ""
		}},
		"a second before the end": {sender: alice, want: approve.Carry, change: func(in *approve.Input) {
			in.Now = in.Run.Ends.Add(-time.Second)
		}},
		"at the end": {sender: alice, want: approve.Refuse, says: "could be approved until", change: func(in *approve.Input) {
			in.Now = in.Run.Ends
		}},
		"a no, too late": {sender: alice, want: approve.Refuse, change: func(in *approve.Input) {
			in.Now, in.Message.Word = in.Run.Ends, run.Deny
		}},
		"a run that is done": {sender: alice, want: approve.Refuse, says: "it is verified", change: func(in *approve.Input) {
			in.Run.Status = run.StatusVerified
		}},
		"a run at work": {sender: alice, want: approve.Refuse, says: "it is applying", change: func(in *approve.Input) {
			in.Run.State, in.Run.Status = run.StateApplying, ""
		}},
		"a newer plan": {sender: alice, want: approve.Refuse, says: "r2 has a newer plan", change: func(in *approve.Input) {
			in.Waits = "r2"
		}},
		"settled otherwise": {sender: alice, want: approve.Refuse, says: "settled it", change: func(in *approve.Input) {
			in.Waits = ""
		}},
		"a no": {sender: alice, want: approve.Deny, says: "is denied", change: word(run.Deny)},
		"after a no": {sender: bob, want: approve.Refuse, says: "was denied by", change: answers(
			said(alice, "", run.Deny))},
		"a no after a no": {sender: bob, want: approve.Refuse, change: func(in *approve.Input) {
			in.Message.Word, in.Run.Answers = run.Deny, []run.Answer{said(alice, "", run.Deny)}
		}},
		"after it lapsed": {sender: bob, want: approve.Refuse, says: "nobody approved", change: answers(
			run.Answer{Word: run.Lapse, At: now()})},
		"after a yes": {sender: bob, want: approve.Refuse, says: "was approved before, by", change: answers(
			said(alice, "", run.Approve))},
		"twice by the same":      {sender: alice, want: approve.Refuse, change: answers(said(alice, "", run.Approve))},
		"the same message again": {sender: alice, want: approve.Carry, change: again(alice)},
		"the same message again, of somebody who is no approver any more": {
			sender: "AIDAGONEGONEGONEGONE", want: approve.Refuse, change: again("AIDAGONEGONEGONEGONE"),
		},
		"the same message again, when it is settled": {sender: alice, want: approve.Refuse, change: func(in *approve.Input) {
			again(alice)(in)
			in.Waits = ""
		}},
		// four eyes
		"a click, without four eyes": {trigger: run.TriggerClick, sender: alice, want: approve.Carry},
		"a click, the first yes": {
			four: true, trigger: run.TriggerClick, sender: alice, want: approve.Count, says: "one more",
		},
		"a click, the second yes":                   clicked(alice, "", bob, approve.Carry),
		"a click, twice by the same":                clicked(alice, "", alice, approve.Refuse),
		"a click, two sessions of a role":           clicked(team, "one", team+":two", approve.Refuse),
		"a click, two persons of a role":            clicked(persons, "ann@x", persons+":ben@x", approve.Carry),
		"a click, one person of a role":             clicked(persons, "ann@x", persons+":ann@x", approve.Refuse),
		"a click, one person's two roles":           clicked(persons, "ann", team+":Ann", approve.Refuse),
		"a click, a user and a session of his name": clicked(alice, "", persons+":"+strings.ToLower(alice), approve.Refuse),
		"a click, and the first was taken away":     clicked("AIDAGONEGONEGONEGONE", "", bob, approve.Count),
		"a click, and one no ends it": {
			four: true, trigger: run.TriggerClick, sender: bob, want: approve.Deny,
			change: func(in *approve.Input) {
				in.Message.Word, in.Run.Answers = run.Deny, []run.Answer{said(alice, "", run.Approve)}
			},
		},
		"an operator, himself": {
			four: true, trigger: run.TriggerOperator, asker: alice, sender: alice, want: approve.Refuse, says: "four eyes",
		},
		"an operator, himself, not four": {trigger: run.TriggerOperator, asker: alice, sender: alice, want: approve.Carry},
		"an operator, another": {
			four: true, trigger: run.TriggerOperator, asker: alice, sender: bob, want: approve.Carry,
		},
		"an operator, another session": {
			four: true, trigger: run.TriggerOperator, asker: asked, sender: team + ":bob", want: approve.Refuse,
			says: "named_sessions",
		},
		"an operator, another person": {
			four: true, trigger: run.TriggerOperator, asker: persons + ":ann", sender: persons + ":ben", want: approve.Carry,
		},
		"an operator, his own session": {
			four: true, trigger: run.TriggerOperator, asker: persons + ":ann", sender: persons + ":ann", want: approve.Refuse,
		},
		"an operator, his name elsewhere": {
			four: true, trigger: run.TriggerOperator, asker: persons + ":ann", sender: team + ":ann", want: approve.Refuse,
		},
		"an operator, himself says no": {
			four: true, trigger: run.TriggerOperator, asker: alice, sender: alice, want: approve.Deny, change: word(run.Deny),
		},
		"an operator nobody knows, one yes": {four: true, trigger: run.TriggerOperator, sender: alice, want: approve.Count},
	}
}

func none(in *approve.Input) { in.Config.Approvals = nil }

func word(w run.Word) func(*approve.Input) { return func(in *approve.Input) { in.Message.Word = w } }

func answers(list ...run.Answer) func(*approve.Input) {
	return func(in *approve.Input) { in.Run.Answers = list }
}

func again(id string) func(*approve.Input) {
	return func(in *approve.Input) {
		first := said(id, "", run.Approve)
		first.Message = in.Message.ID
		in.Run.Answers = []run.Answer{first}
	}
}

// clicked is a click that one has approved, and what follows from the yes of another.
func clicked(id, session, then string, want approve.Verdict) scene {
	return scene{
		four: true, trigger: run.TriggerClick, sender: then, want: want, change: answers(said(id, session, run.Approve)),
	}
}

func TestDecide(t *testing.T) {
	for name, tc := range scenes() {
		t.Run(name, func(t *testing.T) {
			if tc.trigger == "" {
				tc.trigger = run.TriggerImported
			}
			in := approve.Input{
				Config: config(tc.four), Run: waiting(tc.trigger, tc.asker), Waits: "r1", Message: message(tc.sender), Now: now(),
			}
			in.Run.Actor = "somebody"
			if tc.change != nil {
				tc.change(&in)
			}
			got := approve.Decide(in)
			if got.Verdict != tc.want || !strings.Contains(got.Text, tc.says) {
				t.Errorf("%s: %s; want %s, %q", got.Verdict, got.Text, tc.want, tc.says)
			}
			if strings.Contains(got.Text, "\n") || got.Text == "" {
				t.Errorf("%q is no sentence", got.Text)
			}
			kept := got.Verdict != approve.Refuse && !got.Known
			if kept != (got.Answer.Message != "") {
				t.Errorf("verdict %s with answer %+v", got.Verdict, got.Answer)
			}
		})
	}
}

// TestAnswerIsOfItsSender: what is kept of an answer names who AWS says sent it.
func TestAnswerIsOfItsSender(t *testing.T) {
	in := approve.Input{
		Config: config(false), Run: waiting(run.TriggerImported, ""), Waits: "r1", Message: message(persons + ":ann@x"),
		Now: now(),
	}
	got := approve.Decide(in).Answer
	if got.ID != persons || got.Session != "ann@x" || got.ARN != arn("role/persons") || got.Name() != "ann@x (persons)" {
		t.Errorf("%+v, %s", got, got.Name())
	}
	in.Message.Sender = team + ":root"
	if got := approve.Decide(in).Answer.Name(); got != "team (a session called root)" {
		t.Error(got)
	}
}
