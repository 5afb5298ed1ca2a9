package outcome

// Means says what an outcome is, in a sentence.
func (o Outcome) Means() string { return meanings()[o] }

func meanings() map[Outcome]string {
	return map[Outcome]string{
		Verified:         "Changed, and proven by a fresh read.",
		Compliant:        "Read, and found to need no change.",
		Gone:             "The resource no longer exists.",
		Planned:          "The mode is plan: what would change is told, nothing is touched.",
		AwaitingApproval: "The plan waits for a person.",
		Parked:           "Written or started; AWS takes its time to show it, or somebody whom AWS has asked.",
		Failed:           "Not fixed. What was refused after something was written counts as failed.",
		Denied:           "A policy forbids a call.",
		Unverified:       "AWS took the change, and a fresh read does not show it.",
		Unproven:         "A runbook not of Salve's went well, and nothing reads what it did. Shown as `unverified`.",
		Unattended:       "A person whom AWS has asked did nothing. Shown as `unverified`.",
		Refused:          "The control refuses the resource, or what waited may not act any more.",
		Undone:           "A fix was taken back.",
		UndoneInPart:     "Of a fix, what could be put back is.",
		Deferred:         "Put off: another run has the resource, AWS throttles or is down, a stop holds.",
		LetGo:            "Nobody wants any more what waited: suppressed, resolved, or switched off. Shown as `refused`.",
		AwaitsRole:       "Put off until the account has the role for Salve. Shown as `deferred`.",
		NotOnboarded:     "The account has no role for Salve. Shown as `denied`.",
		Disputed:         "Salve read it as met, and a check of Security Hub long after that sees it as failed.",
		Confirmed:        "Security Hub agrees, or the finding is no longer there.",
		NotAllowed:       "Mode, stop, exception or parameters say no at once. There is no run.",
		NoPlaybook:       "Nobody has written a fix. There is no run.",
		NotOurs:          "The finding is not believed, or not about what Salve works on. There is no run.",
		NotLive:          "The finding is suppressed, archived or passed. There is no run.",
		OnHold:           "A hold keeps Salve off the resource. There is no run.",
		Reverted:         "Something changed the fix back three times in 7 days: a hold takes the place of a run.",
		Resting:          "The work is asked for again and again, and waits. A run waits with it.",
		AwaitsTime:       "Its window is closed, or changes are frozen. A run waits for its time.",
		Limited:          "The account has had its share of runs within the hour. A run waits for its turn.",
		Full:             "A run is at work with as many findings as it can answer. This finding is left out of it.",
		Stopped:          "The breaker stopped the control. This is about the control, whatever its last run did.",
	}
}
