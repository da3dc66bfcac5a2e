//! The line that is being written: TAB and `?`, and the history.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use reedline::{
    ColumnarMenu, Completer, CompletionResult, Emacs, FileBackedHistory, KeyCode, KeyModifiers,
    MenuBuilder as _, Prompt, PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent,
    ReedlineMenu, Span, Suggestion, default_emacs_keybindings,
};

use super::session::Session;
use super::{HELP_KEY, next};
use crate::out;
use crate::words::split;

/// Lines that are remembered.
const REMEMBERED: usize = 1000;
const MENU: &str = "words";

/// The conversation, which TAB asks for the peers while a line is being written.
pub(super) type Shared = Arc<Mutex<Session>>;

/// Where lines are remembered.
pub(super) fn history_file() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(".exabgp_history"))
}

/// What reads a line.
pub(super) fn new(session: Shared) -> Reedline {
    let mut keys = default_emacs_keybindings();
    keys.add_binding(
        KeyModifiers::NONE,
        KeyCode::Tab,
        ReedlineEvent::UntilFound(vec![
            ReedlineEvent::Menu(MENU.to_owned()),
            ReedlineEvent::MenuNext,
        ]),
    );
    // As in a shell; pasted lines may end so.
    keys.add_binding(KeyModifiers::CONTROL, KeyCode::Char('j'), ReedlineEvent::Enter);
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    keys.add_binding(
        KeyModifiers::NONE,
        KeyCode::Char('?'),
        // The menu of TAB would come back below the explanation.
        ReedlineEvent::Multiple(vec![
            ReedlineEvent::Esc,
            ReedlineEvent::ExecuteHostCommand(HELP_KEY.to_owned()),
        ]),
    );
    let menu = Box::new(ColumnarMenu::default().with_name(MENU).with_marker("> "));
    let mut editor = Reedline::create()
        .with_completer(Box::new(Words(session)))
        .with_menu(ReedlineMenu::EngineCompleter(menu))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_ansi_colors(std::env::var_os("NO_COLOR").is_none())
        .with_edit_mode(Box::new(Emacs::new(keys)));
    if let Some(path) = history_file() {
        match FileBackedHistory::with_file(REMEMBERED, path.clone()) {
            Ok(history) => editor = editor.with_history(Box::new(history)),
            Err(error) => out::warn(format!("no history in {}: {error}", path.display())),
        }
    }
    editor
}

/// The words of `next`, for the menu of TAB.
struct Words(Shared);

impl Completer for Words {
    fn complete(&mut self, line: &str, position: usize) -> CompletionResult {
        let before = line.get(..position).unwrap_or(line);
        let (_, partial) = split(before);
        let span = Span::new(position.saturating_sub(partial.len()), position);
        let mut session = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let choices = next(before, &mut session).choices;
        let suggestions: Vec<Suggestion> = choices
            .into_iter()
            .map(|choice| Suggestion {
                value: choice.word,
                span,
                append_whitespace: true,
                ..Suggestion::default()
            })
            .collect();
        CompletionResult::fresh(suggestions)
    }
}

/// `exabgp> `, the name that the program was called by.
pub(super) struct Name(pub(super) String);

impl Prompt for Name {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Owned(format!(" (search: {}) ", search.term))
    }
}
