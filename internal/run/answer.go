package run

import (
	"strings"
	"time"
)

// Word is what is answered to a plan that waits for approval.
type Word string

// The words.
const (
	Approve Word = "approve"
	Deny    Word = "deny"
	Lapse   Word = "lapse" // nobody has answered in time
)

// Answer is what a person said to a plan that waits, or that nobody said anything in time.
type Answer struct {
	Message string    `json:"message,omitempty"` // id of the message, to know a redelivery
	Word    Word      `json:"word"`
	ID      string    `json:"id,omitempty"`      // the unique id of user or role, as AWS says it
	Session string    `json:"session,omitempty"` // of a role; anybody's to choose where Named is false
	Named   bool      `json:"named,omitempty"`   // the session's name tells persons apart
	ARN     string    `json:"arn,omitempty"`     // what the configuration calls the user or role
	Reason  string    `json:"reason,omitempty"`
	At      time.Time `json:"at"`
}

// Name is who answered, in words: the user, or the role and its session.
func (a Answer) Name() string {
	name := a.ARN[strings.LastIndex(a.ARN, "/")+1:]
	switch {
	case a.Word == Lapse:
		return "nobody"
	case a.Session != "" && a.Named:
		return a.Session + " (" + name + ")"
	case a.Session != "":
		return name + " (a session called " + a.Session + ")"
	}
	return name
}

// Reply is what was answered to a plan: a run carries it out, or ends because of it.
type Reply struct {
	Run     string   `json:"run_id"` // that asked
	Plan    string   `json:"plan_hash"`
	Word    Word     `json:"word"`
	Answers []Answer `json:"answers"` // what led to it
}

// By are those who said so, in words.
func (r *Reply) By() []string {
	var names []string
	for _, a := range r.Answers {
		if a.Word == r.Word && a.Word != Lapse {
			names = append(names, a.Name())
		}
	}
	return names
}

// Replied are those who led to the run by their answers, in words.
func (r *Run) Replied() string {
	if r.Reply == nil {
		return ""
	}
	return strings.Join(r.Reply.By(), " and ")
}

// Approved tells that people have said yes to the plan with that hash, and to no other one.
func (r *Run) Approved(plan string) bool { return r.Granted() && plan != "" && r.Reply.Plan == plan }

// Granted tells that the run was begun because people have said yes to a plan.
func (r *Run) Granted() bool { return r.Reply != nil && r.Reply.Word == Approve }

// Insists tells that an operator's own yes is enough for what needs approval.
func (r *Run) Insists() bool { return r.Trigger == TriggerOperator && !r.FourEyes }

// Rejected tells that the run only says that its plan was not approved.
func (r *Run) Rejected() bool { return r.Reply != nil && r.Reply.Word != Approve }

// Receipt is what became of somebody's answer to a plan, for him to read.
type Receipt struct {
	Became Became    `json:"became"`
	Text   string    `json:"text"`             // a sentence
	Run    string    `json:"run_id,omitempty"` // that carries the plan out, or ended because of the answer
	At     time.Time `json:"at"`
}

// Became says what became of an answer.
type Became string

// What can become of it.
const (
	BecameRun     Became = "carried_out" // the plan is carried out; the run says how that ends
	BecameCounted Became = "counted"     // another person has to say yes too
	BecameDenied  Became = "denied"      // the plan is not carried out
	BecameRefused Became = "refused"     // the answer does not count
)
