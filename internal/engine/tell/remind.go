package tell

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// RemindAfter is how often people hear of what lasts, such as an account without the role.
const RemindAfter = 24 * time.Hour

// ProbeEvery is how often an account without the role is tried, however many runs wait for it.
const ProbeEvery = 5 * time.Minute

// Remind tells people once a day that an account lacks the role, however many
// findings wait.
func (p *People) Remind(ctx context.Context, account run.Account, cause error) {
	p.Daily(ctx, "not-onboarded#"+account.ID, notice.Notice{
		Kind: notice.NotOnboarded, Account: account.ID, Region: account.Region, When: p.Now(), Why: fault.Cause(cause),
		ToDo: Onboard(account.ID) + ". Its findings wait and are taken up within minutes after that.",
	})
}

// Daily tells people what goes by the key once a day. A notice that nobody heard may be told again in a minute.
func (p *People) Daily(ctx context.Context, key string, n notice.Notice) {
	p.OnceUntil(ctx, key, p.Now().Add(RemindAfter), n)
}

// OnceUntil tells people what goes by the key once until then. A notice that nobody heard may be told again in a
// minute.
func (p *People) OnceUntil(ctx context.Context, key string, until time.Time, n notice.Notice) {
	now := p.Now()
	first, err := p.Once.Once(ctx, key, now, now.Add(Again))
	if err != nil {
		p.Audit(ctx, audit.Line{Time: now, Event: audit.NotCounted, Account: n.Account, Error: err.Error()})
		return
	}
	if !first || !p.Inform(ctx, n) {
		return
	}
	// Asked as of the key's own end, the day follows on the minute.
	if _, err := p.Once.Once(ctx, key, now.Add(Again), until); err != nil {
		p.Audit(ctx, audit.Line{Time: now, Event: audit.NotCounted, Account: n.Account, Error: err.Error()})
	}
}

// Onboard says what makes an account ready.
func Onboard(account string) string { return "Deploy deploy/member.yaml into account " + account }
