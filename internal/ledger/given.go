package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/gate"
)

// givenPrefix begins the sort key of an exception that was made by hand, in the partition of the configuration.
const givenPrefix = "exception#"

// givenForm is the form of the items. Those of a newer one hold for whatever they might be about.
const givenForm = 1

func givenItem(id string) values { return values{"pk": text("config"), "sk": text(givenPrefix + id)} }

// Except stores an exception that was made by hand, gate.ErrTaken if there is one with its id. After its end it stays
// for a while, for who asks.
func (l Ledger) Except(ctx context.Context, g gate.Given) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: givenItem(g.ID),
		// Names of their own: others are keys of indexes, which take no empty text.
		UpdateExpression: aws.String("SET form = :form, of_control = :control, in_account = :account, " +
			"on_resource = :resource, #reason = :reason, #owner = :owner, ticket = :ticket, last_day = :day, " +
			"#by = :by, since = :since, expires_at = :end"),
		ConditionExpression:      aws.String("attribute_not_exists(pk)"),
		ExpressionAttributeNames: map[string]string{"#reason": "reason", "#owner": "owner", "#by": "by"},
		ExpressionAttributeValues: values{
			":form": number(givenForm), ":control": text(g.Control), ":account": text(g.Account),
			":resource": text(g.Resource), ":reason": text(g.Reason), ":owner": text(g.Owner), ":ticket": text(g.Ticket),
			":day": text(g.LastDay()), ":by": text(g.By), ":since": number(g.Since.Unix()),
			":end": number(g.Ends().Add(kept(g)).Unix()),
		},
	})
	if failedCondition(err) {
		return gate.ErrTaken
	}
	if err != nil {
		return fmt.Errorf("store an exception: %w", err)
	}
	return nil
}

// kept is how long an exception is remembered after its end.
func kept(g gate.Given) time.Duration {
	if g.Asked() {
		return gate.KeptAsked
	}
	return gate.KeptEnded
}

// EndExcept ends an exception that was made by hand; false: there is none, or somebody has ended it.
func (l Ledger) EndExcept(ctx context.Context, id, by string, now time.Time) (bool, error) {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: givenItem(id),
		UpdateExpression: aws.String("SET ended = :now, ended_by = :by, expires_at = :end"),
		ConditionExpression: aws.String(
			"attribute_exists(pk) AND (attribute_not_exists(ended) OR NOT attribute_type(ended, :n))"),
		ExpressionAttributeValues: values{
			":now": number(now.Unix()), ":by": text(by), ":n": text("N"),
			":end": number(now.Add(kept(gate.Given{Exception: gate.Exception{ID: id}})).Unix()),
		},
	})
	if failedCondition(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("end exception %s: %w", id, err)
	}
	return true, nil
}

// Given reads all exceptions that were made by hand, by id; those that have ended stay for a while.
func (l Ledger) Given(ctx context.Context) ([]gate.Given, error) {
	pages := dynamodb.NewQueryPaginator(l.DB, &dynamodb.QueryInput{
		TableName: &l.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :prefix)"),
		ExpressionAttributeValues: values{":pk": text("config"), ":prefix": text(givenPrefix)},
	})
	var out []gate.Given
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the exceptions by hand: %w", err)
		}
		for _, item := range page.Items {
			out = append(out, decodeGiven(item))
		}
	}
	return out, nil
}

// decodeGiven reads an exception. One that cannot be read, or is of a newer release, holds for everything and without
// an end, until somebody ends it.
func decodeGiven(item values) gate.Given {
	f := fields{item: item}
	var g gate.Given
	form := f.seconds("form")
	g.Control, g.Account, g.Resource = f.text("of_control"), f.text("in_account"), f.text("on_resource")
	g.Reason, g.Owner, g.Ticket, g.By = f.text("reason"), f.text("owner"), f.text("ticket"), f.text("by")
	g.Since = time.Unix(f.seconds("since"), 0).UTC()
	day := f.text("last_day")
	var ended gate.Given
	if at := secondsOf(item["ended"]); at > 0 { // whatever else is in it
		ended.Ended, ended.EndedBy = time.Unix(at, 0).UTC(), stringOf(item["ended_by"])
	}
	err := g.Expires.UnmarshalText([]byte(day))
	if f.err() != nil || err != nil || form != givenForm || g.Control == "" || g.Account+g.Resource == "" {
		o := unreadable("exception")
		g = gate.Given{
			Exception: gate.Exception{Control: "*", Resource: "*", Owner: o.Owner, Reason: o.Reason}, Unread: true,
		}
	}
	g.Ended, g.EndedBy = ended.Ended, ended.EndedBy
	g.ID = strings.TrimPrefix(stringOf(item["sk"]), givenPrefix)
	return g
}
