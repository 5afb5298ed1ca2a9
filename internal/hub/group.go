package hub

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/note"
)

// identifier is how AWS names a finding in a call: without the account, which the product and the id imply.
type identifier struct{ id, product string }

// place is a finding in the Security Hub of a Region.
type place struct {
	identifier
	region string
}

func placeOf(u note.Update) place { return place{identifier{u.ID, u.ProductArn}, u.Region} }

// message is what a call can say; all its findings share it.
type message struct {
	region string
	status note.Workflow
	note   string
	echoes bool
}

// group is one call: a message and at most perCall findings.
type group struct {
	message
	findings []identifier
}

// groups sorts updates into as few calls as their messages allow, in the order of first appearance.
func groups(updates []note.Update) []group {
	var order []message
	members := map[message][]identifier{}
	for _, update := range lastOfEach(updates) {
		m := message{update.Region, update.Status, update.Note, update.Echoes}
		if _, known := members[m]; !known {
			order = append(order, m)
		}
		members[m] = append(members[m], identifier{update.ID, update.ProductArn})
	}
	var all []group
	for _, m := range order {
		for part := range slices.Chunk(members[m], perCall) {
			all = append(all, group{m, part})
		}
	}
	return all
}

// lastOfEach keeps the last update of each finding and Region. AWS rejects a finding named twice in a
// call, and over two calls the older note could win.
func lastOfEach(updates []note.Update) []note.Update {
	last := map[place]int{}
	for i, update := range updates {
		last[placeOf(update)] = i
	}
	kept := make([]note.Update, 0, len(last))
	for i, update := range updates {
		if last[placeOf(update)] == i {
			kept = append(kept, update)
		}
	}
	return kept
}

// input builds the call. Status and note go together, but for what answers a button: a note alone, while the status
// is NEW, makes Security Hub send an event that matches the rule that starts runs. It is signed so that we know it; no
// other is, or who sets the status to NEW right after it would not be heard.
func (g group) input() *securityhub.BatchUpdateFindingsInput {
	ids := make([]types.AwsSecurityFindingIdentifier, 0, len(g.findings))
	for _, f := range g.findings {
		ids = append(ids, types.AwsSecurityFindingIdentifier{Id: aws.String(f.id), ProductArn: aws.String(f.product)})
	}
	in := &securityhub.BatchUpdateFindingsInput{
		FindingIdentifiers: ids,
		Note:               &types.NoteUpdate{Text: aws.String(g.note), UpdatedBy: aws.String(names.UpdatedBy)},
	}
	if g.status != note.Kept {
		in.Workflow = &types.WorkflowUpdate{Status: types.WorkflowStatus(g.status)}
	}
	if g.echoes {
		in.Note.UpdatedBy = aws.String(names.UpdatedByAside)
	}
	return in
}
