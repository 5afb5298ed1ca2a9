// Package control holds Salve's model of a control: a declared change of state
// that can read what is, say what it wants and write the difference. Planning,
// verification, undo, approval hashes and evidence follow from those three.
package control

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/names"
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
	// Home says what Salve's own roles are called. The model fills it in.
	Home names.Home `json:"-"`
}

// ARN is that of something of a service in the target's account and Region.
func (t Target) ARN(service, rest string) string {
	return strings.Join([]string{"arn", t.Partition, service, t.Region, t.Account, rest}, ":")
}

// GlobalARN is the same of a service without Regions, such as IAM.
func (t Target) GlobalARN(service, rest string) string {
	return strings.Join([]string{"arn", t.Partition, service, "", t.Account, rest}, ":")
}

// Env is what a control gets to work with: a session in the member account,
// limited to the control's actions, the target, and what was set for the run.
type Env struct {
	Config aws.Config
	Target Target
	// Name is the short name of the resource, the first group of Pattern. The model
	// fills it in; Read, Want and Write are never called where Pattern refuses.
	Name string
	// Params are the control's parameters; nil means their defaults.
	Params Params
	// Raised are those that a class of data has raised, with the names of the classes: a plan says so.
	Raised map[string]string
	// Now is the run's time, for controls that judge by age.
	Now time.Time
	// Run is the run's id: what is started for it twice is started once.
	Run string
	// Undo tells what is started that it takes an earlier change back. The model fills it in.
	Undo bool
	// Seals keeps the secrets of the state; only a control with secrets needs it.
	Seals *Seals
}

// Everything is the glob of all of a state whose paths have one part.
const Everything = "*"

// Info is the declaration of a control: all that documents, policies and lists
// are derived from.
type Info struct {
	ID string // as Security Hub writes it, "S3.8"
	// State names the state that this control shares with others, such as
	// "iam.password-policy": controls of one name are kin. Empty is a state of its own.
	State string
	// Writes names what is written, such as "ec2.security-group.rules", where controls
	// with states of their own write the same; empty is State. An exception for one
	// of them keeps off the others.
	Writes string
	// Title, Severity and Resources, the ASFF types of what its findings name, are
	// Security Hub's. The registry takes them from the lists of standards.
	Title     string
	Severity  Severity
	Resources []string
	Effect    string // what changes for people who use the resource
	Fails     Fails  // when AWS counts the control as failed
	Impact    Impact
	Params    []Param // what people may set
	// Pattern accepts the whole of the resource ids the control can work on; its
	// first group is the name the API calls take, Env.Name.
	Pattern *regexp.Regexp
	// Actions are the IAM actions of plan, apply and verify; UndoActions those
	// that only taking a change back needs.
	Actions     []string
	UndoActions []string
	// OneWay maps a path glob to the reason why undo leaves it as it is, Everything to why it takes nothing back.
	OneWay map[string]string
	// Accepted tells that the configuration takes it that nothing undoes the change: it is no reason to ask.
	Accepted bool
	// Blind tells that nothing reads what the control asks for: that its runbook went well is all that is known.
	Blind bool
	// Removes tells that the change takes the resource itself away: once what was started
	// has ended well, a resource that is not there is what was wanted.
	Removes bool
	// Settle is how long verification may take.
	Settle Settle
	// Waits maps a path glob to what a person has to do before a fresh read shows
	// the change, which may take longer than Settle.
	Waits map[string]Wait
	// Role is the role of the member account that writes; empty is RoleRemediation. RoleIdentity makes the control one
	// of Identities: only a person starts it.
	Role Role
	// Passes are the services of Recipients that the write gives a role to. Which one says Passed, by what was read; the
	// right to do so, iam:PassRole, is not among Actions.
	Passes []string
	// Runbooks are the names of the documents that it starts: that of a fix, and that of its undo.
	Runbooks []string
	// Family are the runbooks that share a role of the member account, which what the control starts runs as. Empty for
	// what is written.
	Family string
	// Identities says that the control may decide who may do what: only a person starts it, and its role is denied
	// everything else. It follows from the rights of the family, and from RoleIdentity.
	Identities bool
	// Narrow gives the ARN patterns a run's session is limited to, before there is
	// one: env has no Config. Nil is the resource itself, by its ARN. A control
	// whose calls AWS limits to no resource says WholeAccount instead.
	Narrow       func(Env) []string
	WholeAccount bool
	// Lock names the resource roots that runs exclude each other on; env has no
	// Config. The first is the main one, which kin share: no parameter changes it.
	// Nil is the resource itself.
	Lock func(Env) []string

	home names.Home // what Salve's own roles are called
}

// Control is one control with its mechanism, ready to plan and to act.
type Control struct {
	Info
	state stateful
}

// In is the control where names and roles of Salve's own are as an account asks for.
func (c Control) In(home names.Home) Control {
	c.home = home
	c.state = c.state.in(home)
	return c
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
	mentions(now look) ([]string, error)
	write(ctx context.Context, env Env, from, to look) error
	passing(env Env, from, to look) ([]string, error)
	passes(declared bool) error
	invoking(env Env, from, to look) ([]string, error)
	invokes() error
	starts() bool
	runbook(ctx context.Context, env Env, from, to look) (Runbook, error)
	start(ctx context.Context, env Env, book Runbook, from, to look) (Execution, error)
	progress(ctx context.Context, env Env, e Execution) (Progress, error)
	complete() error
	in(home names.Home) stateful
}
