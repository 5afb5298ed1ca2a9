package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
)

// playStandards: where findings are not consolidated, each standard has its own.
func (d *demo) playStandards() error {
	p, err := d.bucket(d.member, "old-backups")
	if err != nil {
		return err
	}
	d.ClearCalls()
	standards := []string{"fsbp-1.0.0", "cis-5.0.0", "pci-4.0.1"}
	var ids []string
	for _, standard := range standards {
		id, err := d.report(p, standard)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	d.tell("%s report %s at the same time.", strings.Join(standards, ", "), p.name)
	var note string
	for i, id := range ids {
		if note, err = d.says(id, types.WorkflowStatusResolved); err != nil {
			return err
		}
		d.tell("%s: %s", standards[i], types.WorkflowStatusResolved)
	}
	if err := p.changed(allOn); err != nil {
		return err
	}
	writes := 0
	for _, c := range d.Calls(0) {
		if c.Operation == "PutPublicAccessBlock" && c.Status > 0 {
			writes++
		}
	}
	d.tell("AWS says: %s, after %d write. The last finding's note:\n  %s", p.after, writes, note)
	if writes != 1 {
		return fmt.Errorf("%d writes, not 1", writes)
	}
	return nil
}
