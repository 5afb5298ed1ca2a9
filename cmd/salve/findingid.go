package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
)

// ownID is the id of a finding of Security Hub's own; its last part is unique.
var ownID = regexp.MustCompile(`^arn:[a-z-]+:securityhub:[^\s]+/finding/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// partOfID is what shortID leaves, or the beginning of it.
var partOfID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{0,4}){0,3}(-[0-9a-f]{0,12})?$`)

// findingID tells that a text can only be the id of a finding, whole or as tables show it.
func findingID(text string) bool {
	return strings.Contains(text, ":securityhub:") || partOfID.MatchString(text)
}

// shortID is the id of a finding as tables show it: commands take it as well as
// the whole one. Ids that others made are shown as they are.
func shortID(id string) string {
	if part := ownID.FindStringSubmatch(id); part != nil {
		return part[1]
	}
	return id
}

// wholeID finds the finding of a lab that a short id means; a whole id is left as it is.
func wholeID(ctx context.Context, d lab.Daemon, id string) (string, error) {
	if strings.HasPrefix(id, "arn:") {
		return id, nil
	}
	var found []string
	for _, region := range d.Regions {
		hub := securityhub.NewFromConfig(lab.Root(d.Endpoint, d.Hub, region))
		pages := securityhub.NewGetFindingsPaginator(hub, &securityhub.GetFindingsInput{MaxResults: aws.Int32(perPage)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return "", fmt.Errorf("look for finding %s: %w", id, err)
			}
			for _, f := range page.Findings {
				// The same finding is in its own Region and in the one they come together.
				if whole := aws.ToString(f.Id); shortID(whole) == id && !slices.Contains(found, whole) {
					found = append(found, whole)
				}
			}
		}
	}
	switch len(found) {
	case 0:
		return id, nil
	case 1:
		return found[0], nil
	}
	return "", fault.New(fault.Invalid, "%d findings are called %s: give the whole id of one, as "+
		"salve findings list -o json prints it", len(found), id)
}
