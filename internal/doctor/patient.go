package doctor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// Ledger is what is read of the ledger.
type Ledger interface {
	Settings(ctx context.Context) (gate.Settings, error)
	Given(ctx context.Context) ([]gate.Given, error)
	Chart(ctx context.Context) (gate.Charted, error)
	Hold(ctx context.Context, k run.Key, now time.Time) (*run.Hold, error)
	History(ctx context.Context, q run.Query) (run.Page, error)
}

// Sessions opens sessions in members as a run does.
type Sessions interface {
	Open(ctx context.Context, r control.SessionRequest) (aws.Config, error)
}

// Patient is what is looked at, and with whose eyes.
type Patient struct {
	Called               names.Home // how the stacks' names begin
	MemberRole           string     // what the role in members is called
	Partition, Hub, Home string     // where the hub is: partition, account, Region
	Person               aws.Config // who asks, with his own credentials
	Own                  aws.Config // with whose rights the hub is read, in its Region
	Role                 string     // ARN of the role that he works as, which members trust
	// Work retrieves the credentials of that role.
	Work       func(context.Context) (aws.Credentials, error)
	ExternalID string                   // that his shell gives to members
	Actor      string                   // who he is, for the members' logs
	Queue      func(name string) string // the address of a queue of the hub
	Ledger     Ledger
	Sessions   Sessions
	Now        func() time.Time

	Account, Region string           // asked about; no account: only the hub is looked at
	ControlID       string           // asked about; "" for none
	Control         *control.Control // its playbook; nil where there is none
	Standards       []string         // keys of the standards that list it
	Controls        control.Registry
	Known           func(gate.Config) error // what this release says of a configuration

	// Found are the control's active findings in the account, the newest first, as an event would bring them.
	Found func(context.Context) ([]finding.Finding, error)
	// Decide is what the gate says of a finding that is reported now.
	Decide func(ctx context.Context, config gate.Config, overlay gate.Overlay, f finding.Finding) (gate.Decision, error)
	// Preview reads a finding's resource as a plan does.
	Preview func(context.Context, finding.Finding) (control.Plan, error)

	once  sync.Once
	found []finding.Finding
	err   error
}

// findings are asked for once: several checks go by them.
func (p *Patient) findings(ctx context.Context) ([]finding.Finding, error) {
	p.once.Do(func() { p.found, p.err = p.Found(ctx) })
	return p.found, p.err
}

// failing is the newest finding that says that something is wrong.
func (p *Patient) failing(ctx context.Context) (finding.Finding, bool, error) {
	all, err := p.findings(ctx)
	for _, f := range all {
		if f.Failing() {
			return f, true, err
		}
	}
	return finding.Finding{}, false, err
}

// enter opens a session in the account that may do no more than the actions.
func (p *Patient) enter(ctx context.Context, actions ...string) (aws.Config, error) {
	return p.Sessions.Open(ctx, control.SessionRequest{
		Target: control.Target{Account: p.Account, Region: p.Region, Partition: p.Partition},
		RunID:  sessionName, Source: p.Actor, Actions: actions,
	})
}

// sessionName is how a look shows in the member's CloudTrail.
const sessionName = "salve-doctor"

// in is the configuration in another Region.
func in(cfg aws.Config, region string) aws.Config {
	cfg = cfg.Copy()
	cfg.Region = region
	return cfg
}

// called is what something of the hub is called, as its stack was told.
func (p *Patient) called(name string) string { return p.Called.Name(name) }

// arn is that of something in the hub's account and Region.
func (p *Patient) arn(service, rest string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", p.Partition, service, p.Home, p.Hub, rest)
}

// queue is the ARN of a queue of the hub.
func (p *Patient) queue(name string) string { return p.arn("sqs", name) }

// rule is the ARN of a rule of the hub.
func (p *Patient) rule(name string) string { return p.arn("events", "rule/"+name) }

// action is the ARN of a custom action of the hub.
func (p *Patient) action(id string) string { return p.arn("securityhub", "action/custom/"+id) }

// functionRole is the ARN of the function's role, which members trust.
func (p *Patient) functionRole() string {
	return fmt.Sprintf("arn:%s:iam::%s:%s", p.Partition, p.Hub, p.Called.Role(names.FunctionRole))
}

// aws is a command for who looks after the hub.
func (p *Patient) aws(format string, args ...any) string {
	return "aws " + fmt.Sprintf(format, args...) + " --region " + p.Home
}

// there is a command for who looks after the account, with credentials of it.
func (p *Patient) there(format string, args ...any) string {
	return fmt.Sprintf("with credentials of %s: aws ", p.Account) + fmt.Sprintf(format, args...) + " --region " + p.Region
}
