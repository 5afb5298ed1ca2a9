package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/replay"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

// findings replays findings that were refused, deferred or left alone.
func (c *replayCmd) findings(a *app) error {
	q, err := c.query(a)
	if err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	left, err := a.leftFindings(h, q, c.Yes)
	if err != nil {
		return err
	}
	do, doing := left.Plan, "Looking at open findings"
	if c.Yes {
		if err := a.proven(h, audit.Line{Control: c.Control, Reason: "replay findings"}); err != nil {
			return err
		}
		do, doing = left.Carry, "Replaying open findings"
	}
	rows, told := a.rows(), sums{}
	done := a.progress(doing)
	err = do(a.ctx, func(f replay.Open) error {
		told.add(f)
		if !c.Each && a.format == formatTable {
			return nil
		}
		return rows.add(f, func() { a.sayOpen(f) })
	})
	done()
	if a.format != formatTable {
		if ended := rows.end(); err == nil {
			err = ended
		}
	} else {
		a.sums(told)
	}
	if err != nil {
		return err
	}
	switch states := told.states(); {
	case states[replay.Waiting] > 0:
		return exit(exitPending)
	case states[replay.Stays] > 0:
		return exit(exitNotFixed)
	}
	return nil
}

// query is what the flags ask for.
func (c *replayCmd) query(a *app) (q run.Query, err error) {
	if err := accounts(c.Account...); err != nil {
		return q, err
	}
	q = run.Query{Accounts: c.Account, Until: a.now().Add(ahead)}
	if q.Control, err = a.names.wanted(c.Control); err != nil {
		return q, err
	}
	q.Since, err = moment("--since", c.Since, a.now())
	return q, err
}

// leftFindings are the hub's, and an engine that works on them as the function does.
func (a *app) leftFindings(h hub, q run.Query, all bool) (*replay.Left, error) {
	if err := a.asFunction(h); err != nil {
		return nil, err
	}
	batch := run.NewID(a.now())
	ports := wire.Ports(a.names.known(), h.cfg, h.settings, batch, a.audit(h))
	ports.Batch = batch // as in the function
	book := h.ledger()
	return &replay.Left{
		Findings: func(ctx context.Context, each func([]finding.Raw) error) error {
			return h.openPages(ctx, q, all, each)
		},
		Runs: book.History, Waiting: book.Waiting, Engine: engine.New(ports), Look: ports.Look,
		Handle: handling(ports),
		Prove: func(_ context.Context, f replay.Open) error {
			return a.proven(h, audit.Line{
				Control: f.Control, Account: f.Account, Region: f.Region, Resource: f.Resource,
				Reason: "replay finding " + f.Finding,
			})
		},
		Standards: a.names.standards, Hub: a.at.account, Region: h.cfg.Region, Now: a.now, Query: q,
	}, nil
}

// openPages hands out what is open and fails of Security Hub's own controls, a page at a time. All of it is read before
// the first page is handed out where handing it out changes what is open: a page would end elsewhere.
func (h hub) openPages(ctx context.Context, q run.Query, all bool, each func([]finding.Raw) error) error {
	filters := types.AwsSecurityFindingFilters{
		RecordState: equal(finding.Active), ComplianceStatus: equal(finding.Failed, finding.Warning),
		WorkflowStatus: equal(finding.New, finding.Notified), ComplianceSecurityControlId: ofControls(q.Control),
		UpdatedAt: []types.DateFilter{{
			Start: aws.String(q.Since.UTC().Format(time.RFC3339)), End: aws.String(q.Until.UTC().Format(time.RFC3339)),
		}},
	}
	if len(q.Accounts) <= perFilter {
		filters.AwsAccountId = equal(q.Accounts...)
	}
	var kept []finding.Raw
	take := func(page []finding.Raw) error {
		page = slices.DeleteFunc(page, func(f finding.Raw) bool {
			return len(q.Accounts) > 0 && !slices.Contains(q.Accounts, f.AwsAccountID)
		})
		if all {
			kept = append(kept, page...)
			return nil
		}
		return each(page)
	}
	for products := range ownProducts(h.regions()) {
		filters.ProductArn = products
		if err := h.rawPages(ctx, unhurried, filters, take); err != nil {
			return err
		}
	}
	if !all {
		return nil
	}
	return each(kept)
}

// unhurried keeps no pace: AWS is asked again where it throttles.
func unhurried(context.Context) error { return nil }

// rawPages hands out findings as events carry them; wait is for the turn of each call.
func (h hub) rawPages(
	ctx context.Context, wait func(context.Context) error, filters types.AwsSecurityFindingFilters,
	each func([]finding.Raw) error,
) error {
	pages := securityhub.NewGetFindingsPaginator(securityhub.NewFromConfig(h.own), &securityhub.GetFindingsInput{
		Filters: &filters, MaxResults: aws.Int32(perPage),
	})
	for pages.HasMorePages() {
		if err := wait(ctx); err != nil {
			return err
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("look for findings: %w", err)
		}
		text, err := json.Marshal(page.Findings)
		if err != nil {
			return fmt.Errorf("convert findings: %w", err)
		}
		var raw []finding.Raw
		if err := json.Unmarshal(text, &raw); err != nil {
			return fmt.Errorf("convert findings: %w", err)
		}
		if err := each(raw); err != nil {
			return err
		}
	}
	return nil
}

// sayOpen is a finding for people.
func (a *app) sayOpen(f replay.Open) {
	a.say("%s  %s  %s  %s", f.State, f.Control, f.Account, f.Resource)
	if f.Run != "" {
		a.say("  run %s, %s: %s", f.Run, f.Status, f.Then)
	}
	a.say("  the gate says %s: %s", f.Verdict, f.Because)
	if f.Became != "" {
		a.say("  → %s", f.Became)
	}
}

// sum is what findings have in common that are counted together.
type sum struct {
	control, then, verdict, because, state, became string
}

// sums count findings.
type sums map[sum]int

func (s sums) add(f replay.Open) {
	then := string(f.Status)
	if then == "" {
		then = "no run"
	}
	because, became := f.Because, f.Became
	if f.State == replay.Stays { // each for a cause of its own
		became = "it could not be worked on"
	}
	s[sum{f.Control, then, string(f.Verdict), because, string(f.State), became}]++
}

func (s sums) states() map[replay.State]int {
	out := map[replay.State]int{}
	for key, n := range s {
		out[replay.State(key.state)] += n
	}
	return out
}

// sums prints how many findings there are of each kind.
func (a *app) sums(s sums) {
	var keys []sum
	for key := range s {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(x, y sum) int {
		return slices.Compare([]string{x.control, x.state, x.then, x.verdict, x.because, x.became},
			[]string{y.control, y.state, y.then, y.verdict, y.because, y.became})
	})
	var rows []table.Row
	all := 0
	for _, key := range keys {
		rows = append(rows, table.Row{
			key.control, key.then, key.verdict, key.state, key.became, thousands(s[key]), key.because,
		})
		all += s[key]
	}
	a.table(table.Row{"control", "then", "now", "state", "became", "findings", "because"}, rows)
	a.say("")
	states := s.states()
	a.say("%s open: %s would be replayed, %s replayed, %s wait for a run or a person, %s left as they are, "+
		"%s failed again", counted(all, "finding"), thousands(states[replay.Waiting]), thousands(states[replay.Replayed]),
		thousands(states[replay.AtWork]), thousands(states[replay.LeftAlone]), thousands(states[replay.Stays]))
	if states[replay.Waiting] > 0 {
		a.say("add --yes to replay, --each to list every finding")
	}
}
