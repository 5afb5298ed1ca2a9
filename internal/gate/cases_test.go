package gate_test

import (
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

type verdict struct {
	in   gate.Input
	want gate.Decision
}

func decided(v gate.Verdict, reason gate.Reason, mode gate.Mode) gate.Decision {
	return gate.Decision{Verdict: v, Reason: reason, Mode: mode, Note: v == gate.Refuse}
}

func silent(reason gate.Reason) gate.Decision {
	return gate.Decision{Verdict: gate.Refuse, Reason: reason}
}

func ignored(reason gate.Reason) gate.Decision {
	return gate.Decision{Verdict: gate.Ignore, Reason: reason}
}

func because(d gate.Decision, until time.Time, detail string) gate.Decision {
	d.Until, d.Detail = until, detail
	return d
}

// modes: what each mode does for each trigger.
func modes() map[string]verdict {
	return map[string]verdict{
		"nothing configured, click":    {input(), decided(gate.Act, gate.Allowed, gate.Manual)},
		"nothing configured, imported": {input(by(gate.Imported)), decided(gate.Ignore, gate.NotAutomatic, gate.Manual)},
		"off, imported": {
			input(mode(gate.Off), by(gate.Imported)), decided(gate.Ignore, gate.TurnedOff, gate.Off),
		},
		"off, click": {input(mode(gate.Off)), decided(gate.Refuse, gate.TurnedOff, gate.Off)},
		"off, check": {
			input(mode(gate.Off), by(gate.Check)), decided(gate.Refuse, gate.TurnedOff, gate.Off),
		},
		"off, operator": {
			input(mode(gate.Off), by(gate.Operator)),
			gate.Decision{Verdict: gate.Refuse, Reason: gate.TurnedOff, Mode: gate.Off},
		},
		"manual, check":    {input(mode(gate.Manual), by(gate.Check)), decided(gate.Act, gate.Allowed, gate.Manual)},
		"manual, operator": {input(mode(gate.Manual), by(gate.Operator)), decided(gate.Act, gate.Allowed, gate.Manual)},
		"plan, imported":   {input(mode(gate.Plan), by(gate.Imported)), decided(gate.Preview, gate.PlanOnly, gate.Plan)},
		"plan, click":      {input(mode(gate.Plan)), decided(gate.Preview, gate.PlanOnly, gate.Plan)},
		"plan, operator":   {input(mode(gate.Plan), by(gate.Operator)), decided(gate.Preview, gate.PlanOnly, gate.Plan)},
		"approve, imported": {
			input(mode(gate.Approve), by(gate.Imported)), decided(gate.Ask, gate.NeedsApproval, gate.Approve),
		},
		"approve, click":    {input(mode(gate.Approve)), decided(gate.Ask, gate.NeedsApproval, gate.Approve)},
		"approve, operator": {input(mode(gate.Approve), by(gate.Operator)), decided(gate.Act, gate.Allowed, gate.Approve)},
		"auto, imported":    {input(mode(gate.Auto), by(gate.Imported)), decided(gate.Act, gate.Allowed, gate.Auto)},
		"auto, click":       {input(mode(gate.Auto)), decided(gate.Act, gate.Allowed, gate.Auto)},
		"unknown mode":      {input(mode("turbo")), decided(gate.Refuse, gate.UnknownMode, "turbo")},
		"interrupts, auto": {
			input(mode(gate.Auto), by(gate.Imported), impact(control.ImpactInterrupts)),
			decided(gate.Act, gate.Allowed, gate.Auto),
		},
		"destructive, auto": {
			input(mode(gate.Auto), by(gate.Imported), impact(control.ImpactDestructive)),
			decided(gate.Ask, gate.IsDestructive, gate.Auto),
		},
		"destructive, click": {input(impact(control.ImpactDestructive)), decided(gate.Ask, gate.IsDestructive, gate.Manual)},
		"unknown impact":     {input(impact("")), decided(gate.Ask, gate.IsDestructive, gate.Manual)},
		"identities, manual": {input(identities), decided(gate.Ask, gate.DecidesRights, gate.Manual)},
		"identities, approve": {
			input(mode(gate.Approve), by(gate.Imported), identities), decided(gate.Ask, gate.NeedsApproval, gate.Approve),
		},
		"identities, auto": {
			input(mode(gate.Auto), by(gate.Imported), identities), decided(gate.Ignore, gate.NeverAutomatic, gate.Auto),
		},
		"identities, auto, click": {
			input(mode(gate.Auto), identities), decided(gate.Refuse, gate.NeverAutomatic, gate.Auto),
		},
		"identities, standard auto": {
			input(entry("standard:cis-5.0.0", gate.Auto), by(gate.Imported), identities),
			decided(gate.Ignore, gate.NeverAutomatic, gate.Auto),
		},
		"identities, check": {
			input(by(gate.Check), identities), decided(gate.Ask, gate.DecidesRights, gate.Manual),
		},
		"identities, operator": {
			input(mode(gate.Auto), by(gate.Operator), identities), decided(gate.Act, gate.Allowed, gate.Auto),
		},
		"one way, click":    {input(oneWay), decided(gate.Ask, gate.CannotBeUndone, gate.Manual)},
		"one way, operator": {input(oneWay, by(gate.Operator)), decided(gate.Act, gate.Allowed, gate.Manual)},
	}
}

// states: what the finding or the trigger itself rules out.
func states() map[string]verdict {
	foreign := func(in *gate.Input) { in.Action = "arn:aws:securityhub:eu-west-1:111122223333:action/custom/Other" }
	none := func(in *gate.Input) { in.Action, in.ActionArn = "", "" }
	auto := func(changes ...func(*gate.Input)) gate.Input {
		return input(append(changes, mode(gate.Auto), by(gate.Imported))...)
	}
	return map[string]verdict{
		"unknown trigger":          {input(by("wind")), ignored(gate.UnknownTrigger)},
		"foreign action":           {input(foreign), ignored(gate.ForeignAction)},
		"no action is ours":        {input(none), ignored(gate.ForeignAction)},
		"archived, click":          {input(record(finding.Archived)), decided(gate.Refuse, gate.NotActive, "")},
		"archived, imported":       {auto(record(finding.Archived)), ignored(gate.NotActive)},
		"unreadable state":         {input(record("")), decided(gate.Refuse, gate.NotActive, "")},
		"passed, click":            {input(compliance(finding.Passed)), decided(gate.Refuse, gate.AlreadyPassed, "")},
		"passed, imported":         {auto(compliance(finding.Passed)), ignored(gate.AlreadyPassed)},
		"warning":                  {input(compliance(finding.Warning)), decided(gate.Act, gate.Allowed, gate.Manual)},
		"not available":            {input(compliance(finding.NotAvailable)), decided(gate.Refuse, gate.NoCompliance, "")},
		"lower case is not FAILED": {auto(compliance("failed")), ignored(gate.NoCompliance)},
		"suppressed, click":        {input(workflow(finding.Suppressed)), decided(gate.Refuse, gate.IsSuppressed, "")},
		"suppressed, operator":     {input(workflow(finding.Suppressed), by(gate.Operator)), silent(gate.IsSuppressed)},
		"suppressed, imported":     {auto(workflow(finding.Suppressed)), ignored(gate.IsSuppressed)},
		"notified, imported":       {auto(workflow(finding.Notified)), ignored(gate.NotNew)},
		"resolved, imported":       {auto(workflow(finding.Resolved)), ignored(gate.NotNew)},
		"notified, click":          {input(workflow(finding.Notified)), decided(gate.Act, gate.Allowed, gate.Manual)},
		"notified, check": {
			input(workflow(finding.Notified), by(gate.Check)), decided(gate.Act, gate.Allowed, gate.Manual),
		},
		"unreadable workflow": {input(workflow("")), decided(gate.Refuse, gate.NoWorkflow, "")},
		"bad parameters, click": {
			input(badParameters), because(decided(gate.Refuse, gate.BadParameters, ""), time.Time{}, "ports: is 0"),
		},
		"bad parameters, imported": {
			auto(badParameters), because(ignored(gate.BadParameters), time.Time{}, "ports: is 0"),
		},
		"no playbook, click":    {input(noPlaybook), decided(gate.Refuse, gate.NoPlaybook, "")},
		"no playbook, operator": {input(noPlaybook, by(gate.Operator)), silent(gate.NoPlaybook)},
		"no playbook, imported": {auto(noPlaybook), ignored(gate.NoPlaybook)},
	}
}

// overlays: what people wrote down.
func overlays() map[string]verdict {
	const detail = "ada: incident 7"
	never, later, soon := time.Time{}, now().Add(time.Hour), now().Add(time.Minute)
	acted := decided(gate.Act, gate.Allowed, gate.Manual)
	refused := func(reason gate.Reason) gate.Decision { return decided(gate.Refuse, reason, "") }
	deferred := gate.Decision{Verdict: gate.Defer, Reason: gate.Stopped}
	end := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	return map[string]verdict{
		"stopped, click": {input(stop("", never)), because(refused(gate.Stopped), never, detail)},
		"stopped, operator": {
			input(stop("", later), by(gate.Operator)), because(silent(gate.Stopped), later, detail),
		},
		"stopped, imported": {
			input(stop("", later), by(gate.Imported)), because(ignored(gate.Stopped), later, detail),
		},
		"stopped, check": {
			input(stop("", never), by(gate.Check)), because(deferred, now().Add(15*time.Minute), detail),
		},
		"stopped for long, check": {
			input(stop("", later), by(gate.Check)), because(deferred, now().Add(15*time.Minute), detail),
		},
		"stopped for short, check": {input(stop("", soon), by(gate.Check)), because(deferred, soon, detail)},
		"this control stopped":     {input(stop("s3.8", never)), because(refused(gate.Stopped), never, detail)},
		"another control stopped":  {input(stop("S3.1", never)), acted},
		"a stop that ended":        {input(stop("", now())), acted},
		"disabled":                 {input(disable(gate.Where{})), because(refused(gate.Disabled), never, detail)},
		"disabled here": {
			input(disable(gate.Where{Regions: []string{"eu-*"}})), because(refused(gate.Disabled), never, detail),
		},
		"disabled elsewhere": {input(disable(gate.Where{Accounts: []string{"1"}})), acted},
		"disabled, cannot be told": {
			input(disable(gate.Where{OUs: []string{"ou-x"}})), because(refused(gate.UnknownOUs), never, detail),
		},
		"excepted, last day": {
			input(except(bucket, "2026-11-21")), because(refused(gate.Excepted), end, "web: static site SEC-12"),
		},
		"excepted by pattern": {
			input(except("arn:aws:s3:::logs-*", "2026-11-21")), because(refused(gate.Excepted), end, "web: static site SEC-12"),
		},
		"excepted by hand, no end": {
			input(except(bucket, ""), overlaid), because(refused(gate.Excepted), never, "web: static site SEC-12"),
		},
		"an exception that expired": {input(except(bucket, "2026-11-20")), acted},
		"an exception of another":   {input(except(bucket+"-2", "2026-11-21")), acted},
		"a pattern is whole":        {input(except("aws:s3:::*", "2026-11-21")), acted},
		"on hold, click":            {input(hold(bucket, later)), because(refused(gate.OnHold), later, detail)},
		"on hold, operator":         {input(hold(bucket, later), by(gate.Operator)), acted},
		"another resource on hold":  {input(hold("x", later)), acted},
		"a hold that ended":         {input(hold(bucket, now())), acted},
	}
}

// placesByAccountTag: as those by tags of the resource, and what was not read is not known to be missing.
func placesByAccountTag() map[string]verdict {
	team := gate.Where{AccountTags: map[string][]string{"team": {"web"}}}
	accountTags := func(key, value string) func(*gate.Input) {
		return func(in *gate.Input) {
			in.Snapshots.Placed = gate.Placed{Tags: map[string]string{key: value}, Kept: []string{"team"}}
		}
	}
	const notAsked = "the organization was read before rules asked for this tag; the next sweeps read it"
	auto := mode(gate.Auto, team)
	refused := func(reason gate.Reason) gate.Decision { return decided(gate.Refuse, reason, "") }
	return map[string]verdict{
		"account tag matches":   {input(auto, accountTags("team", "web")), decided(gate.Act, gate.Allowed, gate.Auto)},
		"account tags not read": {input(auto), because(refused(gate.UnknownAccountTags), time.Time{}, notAsked)},
		"account lacks the tag": {input(auto, accountTags("env", "web")), refused(gate.MissingAccountTag)},
	}
}

// places: which entry holds, and what if that cannot be told.
func places() map[string]verdict {
	auto := func(where gate.Where) func(*gate.Input) { return mode(gate.Auto, where) }
	dev := gate.Where{Tags: map[string][]string{"env": {"dev", "test"}}}
	unit := gate.Where{OUs: []string{"ou-ab12-prod"}}
	elsewhere := gate.Where{Accounts: []string{"999999999999"}, OUs: []string{"ou-ab12-prod"}}
	tags := func(tags map[string]string) func(*gate.Input) {
		return func(in *gate.Input) { in.Snapshots.Tags = tags }
	}
	ous := func(ous ...string) func(*gate.Input) {
		return func(in *gate.Input) { in.Snapshots.OUs = append([]string{}, ous...) }
	}
	fallback := func(mode gate.Mode) func(*gate.Input) {
		return func(in *gate.Input) { in.Config.Defaults.Mode = mode }
	}
	acted := decided(gate.Act, gate.Allowed, gate.Auto)
	manual := decided(gate.Act, gate.Allowed, gate.Manual)
	off := decided(gate.Refuse, gate.TurnedOff, gate.Off)
	refused := func(reason gate.Reason) gate.Decision { return decided(gate.Refuse, reason, "") }
	return map[string]verdict{
		"account and Region match": {
			input(auto(gate.Where{Accounts: []string{account}, Regions: []string{"eu-*"}})), acted,
		},
		"Region does not": {
			input(auto(gate.Where{Accounts: []string{account}, Regions: []string{"us-*"}})), manual,
		},
		"Region without a pattern":  {input(auto(gate.Where{Regions: []string{"eu-west"}})), manual},
		"the second place matches":  {input(mode(gate.Auto, elsewhere, gate.Where{Regions: []string{region}})), acted},
		"unit matches":              {input(auto(unit), ous("ou-ab12-prod", "r-ab12")), acted},
		"unit does not":             {input(auto(unit), ous()), manual},
		"unit not read":             {input(auto(unit)), refused(gate.UnknownOUs)},
		"unit not read, not needed": {input(auto(elsewhere)), manual},
		"tag matches":               {input(auto(dev), tags(map[string]string{"env": "dev"})), acted},
		"tag does not":              {input(auto(dev), tags(map[string]string{"env": "prod"})), manual},
		"tags not read":             {input(auto(dev)), refused(gate.UnknownTags)},
		"tags not read, imported":   {input(auto(dev), by(gate.Imported)), ignored(gate.UnknownTags)},
		"resource lacks the tag":    {input(auto(dev), tags(map[string]string{"Env": "dev"})), refused(gate.MissingTag)},
		"key in other case":         {input(entry("s3.8", gate.Off)), off},
		"default":                   {input(fallback(gate.Off)), off},
		"standard":                  {input(entry("standard:cis-5.0.0", gate.Auto)), acted},
		"standard of others":        {input(entry("standard:pci-4.0.1", gate.Off)), manual},
		"strictest standard": {
			input(entry("standard:cis-5.0.0", gate.Auto), entry("standard:fsbp-1.0.0", gate.Off)), off,
		},
		"strictest, other order": {
			input(entry("standard:cis-5.0.0", gate.Off), entry("standard:fsbp-1.0.0", gate.Auto)), off,
		},
		"plan is stricter by click": {
			input(entry("standard:cis-5.0.0", gate.Plan), entry("standard:fsbp-1.0.0", gate.Approve)),
			decided(gate.Preview, gate.PlanOnly, gate.Plan),
		},
		"standard, place not told":    {input(entry("standard:cis-5.0.0", gate.Auto, unit)), refused(gate.UnknownOUs)},
		"own entry wins":              {input(entry("standard:cis-5.0.0", gate.Off), mode(gate.Auto)), acted},
		"own entry without a mode":    {input(entry("standard:cis-5.0.0", gate.Off), mode("")), off},
		"own entry, other place":      {input(entry("standard:cis-5.0.0", gate.Auto), auto(elsewhere)), manual},
		"own, other place, off by it": {input(entry("standard:cis-5.0.0", gate.Off), auto(elsewhere)), off},
	}
}
