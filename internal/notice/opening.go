package notice

import "github.com/salve-security/salve/internal/plain"

// opening says what happened to what, for somebody who has never heard of Salve.
func opening(n Notice) string {
	it := n.subject()
	if text := n.undoing(it); text != "" {
		return text
	}
	if text := n.changing(it + n.goal()); text != "" {
		return text
	}
	if n.Kind == Ending {
		return "Somebody asked Salve to leave " + n.protected() + " alone, and that ends soon. From then on Salve acts on " +
			"it again, as the configuration says."
	}
	return n.happened(it)
}

// happened is the opening about what came of a change, or keeps Salve from one.
func (n Notice) happened(it string) string {
	switch n.about() { //nolint:exhaustive // the others are about a change
	case Gone:
		return "While Salve was changing it, " + it + " was deleted. Nothing is left to fix."
	case Undone:
		return "What Salve had changed of " + it + " was taken back. It may fail the security control again."
	case UndoneInPart:
		return "Of what Salve had changed of " + it + ", a part was taken back, and a part could not be."
	case Cooling:
		return "Security Hub reports " + it + " again and again, so that Salve lets it rest. It goes on by itself."
	case Limited:
		return "Security Hub reports more of " + n.place() + " than Salve takes up within an hour. The rest waits " +
			"for its turn."
	case NotOnboarded:
		return "Salve has no role in " + n.place() + ": what Security Hub reports there is not fixed, and waits."
	case Reverted:
		return "Something keeps changing " + it + " back after Salve has fixed it. Salve leaves it alone for now."
	case Recurred, NotEvaluated:
		return n.after(it)
	case Disputed:
		return "Salve reads " + it + " as meeting a security control, and Security Hub sees it as failed. One of them " +
			"is wrong, so somebody should look at it."
	case Stopped:
		return n.stopped()
	case Grace:
		return "Something fails a security control: " + it + ". Whoever looks after it has time to set that right. After" +
			" the day below Salve does it by itself."
	case Advanced, RingWaits:
		return n.ringed()
	}
	return "This is about " + it + "."
}

// ringed is the opening about a control that comes ring by ring.
func (n Notice) ringed() string {
	const comes = "Salve brings a security control to the organization part by part. "
	if n.about() == Advanced {
		return comes + "What it has fixed so far has held, so it goes on in the next part by itself."
	}
	return comes + "It stays in the part where it is, until somebody has looked."
}

// after is the opening about what comes after a fix.
func (n Notice) after(it string) string {
	if n.about() == Recurred {
		return "Salve had fixed " + it + " and proven it, and the setting is not there any more. Nothing was changed now."
	}
	return "Salve may not ask AWS Config in " + n.place() + " to look again at what was fixed. Nothing is wrong with " +
		"the fixes: Security Hub sees them when it looks by itself."
}

// changing is the opening about a change that was made, tried or is proposed, of a thing with what that is for.
func (n Notice) changing(it string) string {
	switch n.about() { //nolint:exhaustive // the others are about something else
	case Fixed:
		return n.done(it)
	case Failed:
		return "Salve tried to change " + it + ", and could not." + n.touched()
	case Denied:
		return "Salve tried to change " + it + ", and a policy did not allow it." + n.touched()
	case Unverified:
		return n.unseen(it)
	case Unproven:
		return "A runbook that is not Salve's has run for " + it + ". Salve cannot read whether it does now: Security Hub's" +
			" next check tells."
	case NeedsApprove:
		return "Salve wants to change " + it + ", and waits until a person approves. Nothing was changed yet."
	case Planned:
		return "Salve would change " + it + ". Nothing was changed, and nothing will be until somebody asks for it."
	case Refused:
		return "Salve did not change " + it + ": that needs a person."
	}
	return ""
}

// unseen is the opening about a change that AWS took and does not show, or one that is still under way.
func (n Notice) unseen(it string) string {
	if n.Hangs {
		return "Salve started a runbook for " + it + ", and it has not come to its end. Somebody should look at it."
	}
	return "Salve changed " + it + ", but AWS does not show the change. Somebody should look at it."
}

// done is the opening about a change that is there, as Salve has read, or as only the runbook says that made it.
func (n Notice) done(it string) string {
	if n.Claim == "" {
		return "Salve changed " + it + ", and a fresh read proves it."
	}
	return "A runbook that is not Salve's has run for " + it + ", and says by its output " + n.Claim + " that it is" +
		" done. Salve cannot read whether it is: Security Hub's next check tells."
}

// goal is what the change is for.
func (n Notice) goal() string {
	if n.Kind == Digest {
		return " so that they meet a security control that they failed"
	}
	return " so that it meets a security control that it failed"
}

// undoing is the opening about an undo that was not done; nothing for others.
func (n Notice) undoing(it string) string {
	if n.Undoes == "" {
		return ""
	}
	const back = "Somebody asked Salve to take back what it had changed of "
	switch n.about() { //nolint:exhaustive // the others are the same for an undo
	case Failed:
		return back + it + ", and Salve could not." + n.touched()
	case Denied:
		return back + it + ", and a policy did not allow it." + n.touched()
	case Unverified:
		if n.Hangs {
			return "Salve started a runbook that takes back what was changed of " + it + ", and it has not come to its end." +
				" Somebody should look at it."
		}
		return "Salve took back what it had changed of " + it + ", but AWS does not show that. Somebody should look at it."
	case Refused:
		return back + it + ", and Salve did not: that needs a person." + n.touched()
	case Gone:
		return "While Salve was taking back what it had changed, " + it + " was deleted. Nothing is left to put back."
	}
	return ""
}

// touched says whether something is not as it was.
func (n Notice) touched() string {
	switch {
	case n.Kind == Digest:
		return ""
	case n.Written:
		return " Something may have been changed."
	}
	return " Nothing was changed."
}

func (n Notice) stopped() string {
	text := "Salve does not act on control " + n.Control + " any more"
	if n.Account != "" {
		text += " in " + n.place()
	}
	return text + ": too many of its attempts ended without a fix."
}

// subject is what the notice is about, with its account.
func (n Notice) subject() string {
	it := shortName(n)
	switch {
	case n.Kind == Digest:
		it = plain.Count(len(n.Entries), "resource")
	case it == "":
		return n.place()
	}
	if n.Account == "" {
		return it
	}
	return it + " in " + n.place()
}

// place is the account with its name.
func (n Notice) place() string {
	switch {
	case n.Account == "":
		return "an account"
	case n.AccountName == "":
		return "account " + n.Account
	}
	return "account " + n.Account + ` ("` + n.AccountName + `")`
}

// whatSalveIs ends every mail.
const whatSalveIs = "Salve is the program with which your security team fixes what AWS Security Hub reports."

// protected is what an exception is about: a resource, or all of an account.
func (n Notice) protected() string {
	switch {
	case n.Resource == "":
		return n.place()
	case n.Account == "":
		return oneLine(n.Resource, maxText)
	}
	return oneLine(n.Resource, maxText) + " in " + n.place()
}
