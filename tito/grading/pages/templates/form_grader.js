// Comments that are kept: chosen ones are added to the box; new ones are sent to be kept.
$(document).ready(function () {
  const say = text => $("#saved").text(text);
  $(document).on("finished_saving", () => say("Saved."));
  $(".kept-comments").on("change", function () {
    const text = $(this).val();
    if (text === "") return;
    const box = $(this).closest(".nbgrader_cell").find(".comment");
    box.val(box.val() ? box.val() + "\n" + text : text).trigger("change");
    $(this).val("");
  });
  $(".keep-comment").on("click", function () {
    const cell = $(this).closest(".nbgrader_cell");
    const text = cell.find(".comment").val();
    const question = $(this).closest(".kept").data("question");
    $.ajax({
      type: "POST", url: base_url + "/tito/comments", contentType: "application/json",
      data: JSON.stringify({lesson: assignment_id, question: question, comment: text}),
    }).done(function (answer) {
      const list = cell.find(".kept-comments").empty();
      list.append($("<option>").val("").text("Choose one to add"));
      for (const each of answer.comments) list.append($("<option>").text(each));
      say(answer.said);
    }).fail(failed => say((failed.responseJSON || {}).said || "The comment could not be kept."));
  });
});
