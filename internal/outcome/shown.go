package outcome

import "cmp"

// shown are the rows of the button that shows a plan: whatever comes of it is a note alone, for who pressed it.
func shown(o Outcome) []Row {
	row := Row{Outcome: o, By: only(PlanClick), Written: nothing(), Mail: Never}
	why := ""
	switch o {
	case Planned:
		row.Finding, row.Note, row.Metric = Kept, wouldChange, "Planned"
	case Compliant:
		row.Finding, row.Note, row.Metric = Kept, "met already, when that was read", "Compliant"
	case Disputed:
		row.Finding, row.Note, row.Metric = Kept, "both readings, each with its time", "Compliant"
	case Gone:
		row.Finding, row.Note, row.Metric = Kept, "the resource no longer exists", "Gone"
	case Failed:
		row.Finding, row.Note, row.Metric, row.Alarm = Kept, "which step, the cause", "Failed", true
	case Denied, NotOnboarded:
		row.Finding, row.Note, row.Metric, row.Alarm = Kept, "who denied it", "Denied", true
	case Refused, NotAllowed, NoPlaybook, NotLive, Full:
		row.Finding, row.Note, row.Metric = Kept, cmp.Or(map[Outcome]string{
			NoPlaybook: "where the manual steps are", NotLive: notLive, Full: "which run is at work",
		}[o], "why, and what can be done instead"), countsRefused
	case Resting:
		row.Finding, row.Note, row.Metric = Kept, "when it goes on", countsDeferred
	case Deferred:
		row.Metric = countsDeferred
	case Verified, AwaitingApproval, Parked, Unverified, Unattended, Undone, UndoneInPart:
		why = onlyShown
	case LetGo, AwaitsRole, Limited, OnHold, Reverted, Stopped:
		why = "who only wants to see a plan sees one, or why there is none"
	case Confirmed:
		why = "Security Hub is asked 36 hours later"
	}
	if why != "" {
		return []Row{never(o, only(PlanClick), either(), why)}
	}
	return []Row{row, never(o, only(PlanClick), written(), onlyShown)}
}

const onlyShown = "a plan writes nothing"
