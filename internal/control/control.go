// Package control holds Salve's model of a control: a declared change of state
// that can read what is, say what it wants and write the difference. Planning,
// verification, undo, approval hashes and evidence follow from those three.
package control

import (
	"context"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Impact says what the people who use a resource notice while or after it is changed.
type Impact string

// The impacts, from harmless to grave.
const (
	ImpactNone        Impact = "none"
	ImpactInterrupts  Impact = "interrupts"
	ImpactDestructive Impact = "destructive"
)

// Severity is Security Hub's severity label of a control.
type Severity string

// The severity labels that Security Hub gives controls.
const (
	SeverityCritical Severity = "CRITICAL"
	SeverityHigh     Severity = "HIGH"
	SeverityMedium   Severity = "MEDIUM"
	SeverityLow      Severity = "LOW"
)

// Target is the one resource a run is about, as proven from the finding.
type Target struct {
	Account   string `json:"account"`   // 12 digits
	Region    string `json:"region"`    // the Region the control's calls go to
	Partition string `json:"partition"` // aws, aws-cn, aws-us-gov
	Resource  string `json:"resource"`  // the finding's resource id, usually an ARN
}

// Env is what a control gets to work with: a session in the member account,
// limited to the control's actions, the target, and what was set for the run.
type Env struct {
	Config aws.Config
	Target Target
	// Params are the control's parameters; nil means their defaults.
	Params Params
	// Now is the run's time, for controls that judge by age.
	Now time.Time
	// Seals keeps the secrets of the state; only a control with secrets needs it.
	Seals *Seals
}

// Info is the declaration of a control: all that documents, policies and lists
// are derived from.
type Info struct {
	ID string // as Security Hub writes it, "S3.8"
	// State names the state that this control shares with others, such as
	// "iam.password-policy": controls of one name are kin. Empty is a state of its own.
	State    string
	Title    string   // Security Hub's title
	Resource string   // the ASFF resource type of its findings, "AwsS3Bucket"
	Effect   string   // what changes for people who use the resource
	Severity Severity // Security Hub's label
	Impact   Impact
	Params   []Param // what people may set
	// Pattern accepts the resource ids the control can work on; its first group
	// is the name the API calls take.
	Pattern *regexp.Regexp
	// Actions are the IAM actions of plan, apply and verify; UndoActions those
	// that only taking a change back needs.
	Actions     []string
	UndoActions []string
	// OneWay maps a path glob to the reason why undo leaves it as it is.
	OneWay map[string]string
	// Settle is how long verification may take.
	Settle Settle
	// Waits maps a path glob to what a person has to do before a fresh read shows
	// the change, which may take longer than Settle.
	Waits map[string]Wait
	// Narrow gives the ARN patterns a run's session is limited to; nil means the
	// actions cannot be narrowed below the account.
	Narrow func(Target) []string
	// Lock names the resource root that runs exclude each other on; nil means
	// the resource itself.
	Lock func(Target) string
}

// LockKey is the name of the resource root of t.
func (i Info) LockKey(t Target) string {
	if i.Lock == nil {
		return t.Resource
	}
	return i.Lock(t)
}

// Name is the short name of the target's resource, the first group of Pattern;
// ok is false when the resource is not of the control's kind.
func (i Info) Name(t Target) (name string, ok bool) {
	m := i.Pattern.FindStringSubmatch(t.Resource)
	if len(m) < 2 {
		return "", false
	}
	return m[1], true
}

// Control is one control with its mechanism, ready to plan and to act.
type Control struct {
	Info
	state stateful
}

// HasSecrets tells that the control's state has places for secrets.
func (c Control) HasSecrets() bool { return c.state.shape().secret() }

// HasFacts tells that the control decides on more than it writes.
func (c Control) HasFacts() bool { return len(c.state.shape().facts()) > 0 }

// stateful is a mechanism on normalised trees; Of adapts a typed one to it.
type stateful interface {
	shape() shape
	read(ctx context.Context, env Env) (look, error)
	want(now look, env Env) (any, error) // the written part
	write(ctx context.Context, env Env, from, to look) error
}
