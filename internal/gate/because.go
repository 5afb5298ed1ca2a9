package gate

import "github.com/salve-security/salve/internal/plain"

// maxPlace bounds the name of a place in the document.
const maxPlace = 80

// Because says in words which rule of the configuration led to the decision; nothing where no mode was reached.
func (d Decision) Because() string {
	if d.Mode == "" {
		return ""
	}
	text := "mode " + string(d.Mode) + ", " + d.Mode.means()
	if d.Rule == "" {
		text += ": no rule of the configuration sets another"
	} else {
		text += ": set by " + plain.Short(d.Rule, maxPlace) + " of the configuration"
	}
	switch d.Reason { //nolint:exhaustive // the others follow from the mode
	case IsDestructive:
		text += "; what is destructive waits for a person all the same"
	case DecidesRights, NeverAutomatic:
		text += "; what decides who may do what waits for a person all the same"
	case OutsideRing:
		text += "; it has not come to this ring yet"
	case CannotBeUndone:
		text += "; what cannot be undone waits for a person all the same"
	}
	return text
}

// means says what the mode lets happen.
func (m Mode) means() string {
	switch m {
	case Off:
		return "nothing happens"
	case Plan:
		return "changes are shown and not made"
	case Manual:
		return "Salve acts when a person asks"
	case Approve:
		return "Salve acts once a person approves"
	case Auto:
		return "Salve acts by itself"
	}
	return "which this release does not know"
}
