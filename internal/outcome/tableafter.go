package outcome

import (
	"github.com/salve-security/salve/internal/finding"
)

// afterwards is what Security Hub says of what Salve read as met.
func afterwards() []Row {
	r := Row{
		Outcome: Disputed, Finding: finding.Notified, Note: "both readings, each with its time", Mail: AtOnce,
		Kind: "disputed",
	}
	found, kept, fixed := r, r, r
	found.By, found.Written, found.Metric = runs(), nothing(), "Compliant"
	kept.By, kept.Written, kept.Breaker = only(Check), nothing(), true
	fixed.By, fixed.Written, fixed.Breaker, fixed.Undo = only(Check), written(), true, true
	return []Row{
		found, kept, fixed,
		never(Disputed, runs(), written(), "Security Hub needs time to see a change: it is asked 36 hours later"),
		never(Disputed, undos(), either(), "an undo makes findings NEW: nothing is claimed to be met"),
		{Outcome: Confirmed, By: only(Check), Written: either(), Mail: Never},
		never(Confirmed, everyRun(), either(), "Security Hub is asked 36 hours later"),
	}
}

// atTheGate is what ends without a run. Only a finding that Salve could have acted on is NOTIFIED for it.
func atTheGate() []Row {
	var out []Row
	for _, r := range []Row{
		{Outcome: NotAllowed, Finding: finding.Notified, Note: "which rule, stop or exception, and what can be done"},
		{Outcome: NoPlaybook, Finding: Kept, Note: "where the manual steps are"},
		{Outcome: NotOurs, Finding: Kept, Note: "what it says that cannot be, or is not for Salve"},
		{Outcome: NotLive, Finding: Kept, Note: notLive},
	} {
		r.By, r.Written, r.Mail, r.Metric = only(Click), nothing(), Never, countsRefused
		r.KeepsResolved = r.Finding != Kept
		clicked := r
		clicked.By, clicked.Finding, clicked.KeepsResolved = only(UndoClick), Kept, false
		out = append(out, r, clicked,
			never(r.Outcome, only(UndoClick), written(), noRun),
			Row{Outcome: r.Outcome, By: only(Reported), Written: nothing(), Mail: Never, Metric: silently(r.Outcome)},
			never(r.Outcome, engine(), written(), noRun),
			never(r.Outcome, only(Operator, Undo, LateUndo), either(), "salve says it at once and ends with 3"),
			never(r.Outcome, only(Check), either(), checkOnlyLooks),
		)
	}
	return out
}

// silently is the metric that counts what nobody hears of: who reports what is not so may do it again and again.
func silently(o Outcome) string {
	if o == NotOurs {
		return countsRefused
	}
	return ""
}

// kept is about holds.
func kept() []Row {
	return []Row{
		{Outcome: OnHold, By: only(Reported), Written: nothing(), Mail: Never, Metric: countsRefused},
		{
			Outcome: OnHold, By: only(Click), Written: nothing(), Finding: finding.Notified, KeepsResolved: true,
			Note: "who keeps Salve off, why, until when", Mail: Never, Metric: countsRefused,
		},
		never(OnHold, engine(), written(), noRun),
		never(OnHold, byName(), either(), "an operator acts in spite of a hold"),
		never(OnHold, only(Check), either(), checkOnlyLooks),
		{
			Outcome: Reverted, By: only(Reported), Written: nothing(), Finding: finding.Notified, KeepsResolved: true,
			Note: "that something keeps changing it back, until when Salve leaves it alone", Mail: AtOnce, Kind: "reverted",
			Metric: countsRefused,
		},
		never(Reverted, only(Reported), written(), noRun),
		never(Reverted, append(byName(), Click), either(), "who asks has seen what is going on"),
		never(Reverted, only(Check), either(), checkOnlyLooks),
	}
}

// rests is about work that is asked for too often, by whom or about whatever: a run waits with it.
func rests() []Row {
	return []Row{
		{Outcome: Resting, By: only(Reported), Written: nothing(), Mail: Daily, Kind: "cooling", Metric: countsDeferred},
		{
			Outcome: Resting, By: only(Click), Written: nothing(), Finding: finding.Notified, Note: "when it goes on",
			Mail: Never, Metric: countsDeferred,
		},
		never(Resting, engine(), written(), "it waits before the first write"),
		never(Resting, byName(), either(), "who takes back or has a name does not wait"),
		never(Resting, only(Check), either(), checkOnlyLooks),
		{Outcome: AwaitsTime, By: only(Reported), Written: nothing(), Mail: Never, Metric: countsDeferred},
		{
			Outcome: AwaitsTime, By: only(Click), Written: nothing(), Finding: finding.Notified,
			Note: "for what, when it goes on", Mail: Never, Metric: countsDeferred,
		},
		never(AwaitsTime, engine(), written(), "it waits before the first write"),
		never(AwaitsTime, undos(), either(), "to take something back there is always time"),
		never(AwaitsTime, only(Operator), either(), "salve says it at once and ends with 3"),
		never(AwaitsTime, only(Check), either(), checkOnlyLooks),
		{Outcome: Limited, By: only(Reported), Written: nothing(), Mail: Daily, Kind: "limited", Metric: countsDeferred},
		never(Limited, only(Reported), written(), "it waits before the first write"),
		never(Limited, append(byName(), Click), either(), "people are not in the share"),
		never(Limited, only(Check), either(), checkOnlyLooks),
	}
}

func full() []Row {
	return []Row{
		{Outcome: Full, By: only(Reported), Written: nothing(), Mail: Never, Metric: countsRefused},
		{
			Outcome: Full, By: only(Click), Written: nothing(), Finding: finding.Notified, KeepsResolved: true,
			Note: "which run is at work", Mail: Never, Metric: countsRefused,
		},
		never(Full, engine(), written(), noRun),
		never(Full, only(UndoClick), either(), "it names the run in its way: not_allowed"),
		never(Full, only(Operator, Undo, LateUndo), either(), "salve says it at once and ends with 3"),
		never(Full, only(Check), either(), checkOnlyLooks),
	}
}

// stopped is about a control, not about a finding.
func stopped() []Row {
	return []Row{
		{
			Outcome: Stopped, By: only(Reported, Click, Check), Written: either(), Mail: AtOnce, Kind: "stopped",
			Metric: "Tripped",
		},
		never(Stopped, byName(), either(), "what a person does himself does not count"),
	}
}
