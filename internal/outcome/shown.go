package outcome

// shown are the rows of the button that shows a plan: whatever comes of it is a note alone, for who pressed it.
func shown(o Outcome) []Row {
	if why, never := notShown()[o]; never {
		return []Row{{Outcome: o, By: only(PlanClick), Written: either(), Never: why, Mail: Never}}
	}
	row := Row{Outcome: o, By: only(PlanClick), Written: nothing(), Mail: Never}
	told := answers()[o]
	row.Note, row.Metric = told[0], told[1]
	if row.Note != "" {
		row.Finding = Kept
	}
	row.Alarm = o == Failed || o == Denied || o == NotOnboarded
	return []Row{row, never(o, only(PlanClick), written(), onlyShown)}
}

const (
	onlyShown   = "a plan writes nothing"
	seesItsPlan = "who only wants to see a plan sees one, or why there is none"
	whyNot      = "why, and what can be done instead"
)

// answers are what the note says, and the metric.
func answers() map[Outcome][2]string {
	return map[Outcome][2]string{
		Planned:      {wouldChange, "Planned"},
		Compliant:    {"met already, when that was read", "Compliant"},
		Disputed:     {"both readings, each with its time", "Compliant"},
		Gone:         {"the resource no longer exists", "Gone"},
		Failed:       {"which step, the cause", "Failed"},
		Denied:       {"who denied it", "Denied"},
		NotOnboarded: {"what to deploy", "Denied"},
		Refused:      {whyNot, countsRefused},
		NotAllowed:   {whyNot, countsRefused},
		NotOurs:      {whyNot, countsRefused},
		NoPlaybook:   {"where the manual steps are", countsRefused},
		NotLive:      {notLive, countsRefused},
		Full:         {"which run is at work", countsRefused},
		Resting:      {"when it goes on", countsDeferred},
		Deferred:     {"", countsDeferred},
	}
}

// notShown is why the others cannot happen.
func notShown() map[Outcome]string {
	return map[Outcome]string{
		Verified: onlyShown, AwaitingApproval: onlyShown, Parked: onlyShown, Unverified: onlyShown, Unattended: onlyShown,
		Unproven: onlyShown, Undone: onlyShown, UndoneInPart: onlyShown,
		LetGo: seesItsPlan, AwaitsRole: seesItsPlan, Limited: seesItsPlan, AwaitsTime: seesItsPlan,
		OnHold: seesItsPlan, Reverted: seesItsPlan,
		Stopped:   seesItsPlan,
		Confirmed: "Security Hub is asked 36 hours later",
	}
}
