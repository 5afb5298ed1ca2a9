package control

import (
	"regexp"
	"strings"
)

// ownService begins the ids of playbooks that no standard knows.
const ownService = "salve"

// Own tells an id of Salve's own, such as Salve.IsolateInstance, whatever its
// capitals. Security Hub has no such control: the declaration says all that
// lists of standards say of others, no finding leads to it, and it covers nothing.
func Own(id string) bool {
	service, _ := splitID(id)
	return service == ownService
}

// ownShape is how such ids are written: by what the playbook does.
var ownShape = regexp.MustCompile(`^Salve\.[A-Z][A-Za-z0-9]*$`)

// named tells that the id could be one of Security Hub's or is a proper one of ours.
func named(id string) bool {
	return strings.Contains(id, ".") && (!Own(id) || ownShape.MatchString(id))
}
