// Package around finds out what rules ask about the surroundings of a resource:
// the organizational units of its account, by a chart that sweeps keep, and its
// tags as they are now. What a finding says of them is a hint and not enough to
// act on.
package around

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// TagsAction is the IAM action that reading tags takes in a member.
const TagsAction = "tag:GetResources"

// Sessions opens sessions in member accounts. internal/member implements it.
type Sessions interface {
	Open(ctx context.Context, r control.SessionRequest) (aws.Config, error)
}

// Finder answers. It is safe for concurrent use.
type Finder struct {
	Charts   Charts
	Sessions Sessions
	Now      func() time.Time

	mu    sync.Mutex
	chart gate.Charted
	read  time.Time // when
}

// Tags reads the tags of a resource in its own account. Nil means that we may
// not know, or that the resource can have none. An account without the role is
// an error of that class: its tags can be known one day.
func (f *Finder) Tags(ctx context.Context, t control.Target, runID string) (map[string]string, error) {
	if !strings.HasPrefix(t.Resource, "arn:") {
		return nil, nil
	}
	cfg, err := f.Sessions.Open(ctx, control.SessionRequest{
		Target: t, RunID: runID, Source: "Security Hub", Actions: []string{TagsAction},
	})
	var out *resourcegroupstaggingapi.GetResourcesOutput
	if err == nil {
		out, err = resourcegroupstaggingapi.NewFromConfig(cfg).GetResources(ctx,
			&resourcegroupstaggingapi.GetResourcesInput{ResourceARNList: []string{t.Resource}})
	}
	switch class := fault.Of(err); {
	case err == nil:
	case class == fault.Retry, class == fault.NotOnboarded:
		return nil, fmt.Errorf("read the tags of %s: %w", t.Resource, err)
	default:
		return nil, nil //nolint:nilerr // a right that is missing is an answer: not known
	}
	tags := map[string]string{}
	for _, mapping := range out.ResourceTagMappingList {
		if aws.ToString(mapping.ResourceARN) != t.Resource {
			continue // never somebody else's
		}
		for _, tag := range mapping.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
	}
	return tags, nil
}
